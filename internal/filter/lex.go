package filter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The limits of an expression. Its canonical text stays within them, whatever
// was written.
const (
	maxText       = 1 << 20 // bytes
	maxConditions = 100
	maxDepth      = 64
	maxValue      = 1000 // characters
)

// token is one word or sign of an expression.
type token struct {
	kind tokenKind
	text string // of a word or a quoted value, or the sign in its ASCII form
	pos  int    // of its first character, from 1
}

type tokenKind int

const (
	endToken tokenKind = iota
	wordToken
	quotedToken
	signToken // = != ~ < <= > >= ( )
)

// signs are the characters that no bare word contains, in the form in which
// they are understood.
var signs = map[rune]string{
	'=': "=", '＝': "=", '!': "!", '！': "!", '~': "~", '～': "~", '<': "<", '＜': "<", '>': ">", '＞': ">",
	'≠': "!=", '≤': "<=", '≥': ">=", '(': "(", '（': "(", ')': ")", '）': ")",
}

// pairs are what some signs mean when they stand together.
var pairs = map[string]string{"!=": "!=", "<>": "!=", "<=": "<=", ">=": ">=", "==": "="}

// closing are the quotes and what closes them.
var closing = map[rune]rune{'"': '"', '“': '”', '”': '”', '＂': '＂'}

// lexer splits an expression.
type lexer struct {
	rest string
	pos  int // of the first character of rest, from 1
}

func (x *lexer) peek() rune {
	r, _ := utf8.DecodeRuneInString(x.rest)
	return r
}

// take removes the next character.
func (x *lexer) take() rune {
	r, size := utf8.DecodeRuneInString(x.rest)
	x.rest = x.rest[size:]
	x.pos++
	return r
}

func (x *lexer) next() (token, error) {
	for x.rest != "" && unicode.IsSpace(x.peek()) {
		x.take()
	}
	t := token{pos: x.pos}
	if x.rest == "" {
		return t, nil
	}
	r := x.peek()
	if sign, ok := signs[r]; ok {
		x.take()
		return x.sign(t, sign)
	}
	if end, ok := closing[r]; ok {
		x.take()
		return x.quoted(t, end)
	}
	t.kind = wordToken
	rest := x.rest
	for x.rest != "" && bare(x.peek()) {
		x.take()
	}
	t.text = rest[:len(rest)-len(x.rest)]
	return t, x.bounded(t)
}

// bare reports whether a word without quotes may contain the character.
func bare(r rune) bool {
	return signs[r] == "" && closing[r] == 0 && !unicode.IsSpace(r)
}

func (x *lexer) sign(t token, sign string) (token, error) {
	t.kind, t.text = signToken, sign
	if x.rest != "" {
		if both, ok := pairs[sign+signs[x.peek()]]; ok {
			x.take()
			t.text = both
		}
	}
	if t.text == "!" {
		return t, &SyntaxError{Pos: t.pos, what: say("「!」后面要有「=」", "! wants a = after it"), fix: say("不等于写 !=，取反写 非", "write != for is not, and not for the opposite")}
	}
	return t, nil
}

// quoted reads to the closing quote; two of them stand for one.
func (x *lexer) quoted(t token, end rune) (token, error) {
	t.kind = quotedToken
	var text strings.Builder
	for x.rest != "" {
		r := x.take()
		if r == end {
			if x.rest == "" || x.peek() != end {
				t.text = strings.TrimSpace(text.String())
				return t, x.bounded(t)
			}
			x.take()
		}
		text.WriteRune(r)
	}
	return t, &SyntaxError{Pos: t.pos, what: say("引号没有结束", "the quote is not closed"), fix: say("在值的末尾补上引号；值里的引号写两次", "close it after the value; write a quote inside the value twice")}
}

func (x *lexer) bounded(t token) error {
	if utf8.RuneCountInString(t.text) > maxValue {
		return &SyntaxError{Pos: t.pos, what: say("值超过 %d 个字", "the value is longer than %d characters", maxValue), fix: say("缩短它", "shorten it")}
	}
	return nil
}

package filter

import (
	"strings"
	"unicode/utf8"

	"tagkeep/internal/crm"
)

// Expr is a condition as it was written, before its names are looked up.
type Expr struct {
	root node
	bin  bool
}

// node is a condition, or several joined by op.
type node struct {
	op   op
	kids []node
	test test // of opTest
}

type op int

const (
	opTest op = iota
	opNot     // one kid
	opAnd     // two or more, none of them opAnd
	opOr      // likewise
)

// test asks one thing about one field.
type test struct {
	field *field
	cmp   string // = != ~ < <= > >= has no; "" of inBin
	value string // canonical
	pos   int
}

// Parse reads the text of a --where. A *SyntaxError says where it is wrong and
// what was expected, in both languages.
func Parse(text string) (*Expr, error) {
	if !utf8.ValidString(text) {
		return nil, &SyntaxError{Pos: 1, what: say("不是有效的 UTF-8 文本", "it is not valid UTF-8"), fix: say("检查终端的编码", "check the encoding of the terminal")}
	}
	if len(text) > maxText {
		return nil, tooMuch(1)
	}
	p := &parser{lexer: lexer{rest: text, pos: 1}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	root, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != endToken {
		return nil, p.unexpectedEnd()
	}
	e := &Expr{root: root}
	return e, e.placeBin(&e.root, true)
}

// placeBin finds out whether the bin is asked for. "in bin" says from what is
// chosen, so it cannot be an alternative or be turned round.
func (e *Expr) placeBin(n *node, top bool) error {
	if n.op == opTest {
		switch {
		case n.test.field == inBin && !top:
			return &SyntaxError{Pos: n.test.pos, what: say("「在回收站」不能放在「或」「非」里面", "\"in bin\" cannot stand inside or, or after not"),
				fix: say("写成：(其他条件) 且 在回收站；不写就只选没有删除的", "write: (other conditions) and in bin; without it only what is not deleted is chosen")}
		case n.test.field == inBin, n.test.field.sort == eventSort:
			e.bin = true
		}
	}
	for i := range n.kids {
		if err := e.placeBin(&n.kids[i], top && n.op == opAnd); err != nil {
			return err
		}
	}
	return nil
}

// InBin reports whether the expression asks for what is in the recycle bin: only
// that is chosen then, and without it only what is live.
func (e *Expr) InBin() bool { return e.bin }

// Check returns a *KindError when a condition makes no sense for the kind.
func (e *Expr) Check(kind crm.Kind) error { return e.root.check(kind) }

func (n *node) check(kind crm.Kind) error {
	if n.op == opTest && !n.test.field.fits(kind) {
		return &KindError{Kind: kind, Field: n.test.field.name, field: n.test.field}
	}
	for i := range n.kids {
		if err := n.kids[i].check(kind); err != nil {
			return err
		}
	}
	return nil
}

// parser reads an expression by recursive descent.
type parser struct {
	lexer lexer
	tok   token // the next one
	depth int
	tests int
}

func (p *parser) advance() (err error) {
	p.tok, err = p.lexer.next()
	return err
}

// keywords are the reserved words, folded.
var keywords = map[string]string{
	"and": "and", "且": "and", "并且": "and", "or": "or", "或": "or", "或者": "or", "not": "not", "非": "not",
	"has": "has", "有": "has", "no": "no", "无": "no", "没有": "no", "in": "in", "在回收站": "in bin", "在回收站里": "in bin",
	"contains": "~", "包含": "~", "含": "~", "含有": "~",
}

// keyword is the reserved word that comes next, "" for anything else.
func (p *parser) keyword() string {
	if p.tok.kind != wordToken {
		return ""
	}
	return keywords[foldWord(p.tok.text)]
}

func (p *parser) sign(s string) bool { return p.tok.kind == signToken && p.tok.text == s }

func (p *parser) or() (node, error)  { return p.joined(opOr, "or", p.and) }
func (p *parser) and() (node, error) { return p.joined(opAnd, "and", p.unary) }

// joined reads one or more operands with the keyword between them.
func (p *parser) joined(op op, word string, operand func() (node, error)) (node, error) {
	first, err := operand()
	if err != nil || p.keyword() != word {
		return first, err
	}
	n := node{op: op}
	n.add(first)
	for p.keyword() == word {
		if err := p.advance(); err != nil {
			return n, err
		}
		next, err := operand()
		if err != nil {
			return n, err
		}
		n.add(next)
	}
	return n, nil
}

// add takes in the kids of the same operation: a and (b and c) is a and b and c.
func (n *node) add(kid node) {
	if kid.op == n.op {
		n.kids = append(n.kids, kid.kids...)
		return
	}
	n.kids = append(n.kids, kid)
}

// deeper reads something inside parentheses or after not.
func (p *parser) deeper(read func() (node, error)) (node, error) {
	if p.depth++; p.depth > maxDepth {
		return node{}, tooMuch(p.tok.pos)
	}
	defer func() { p.depth-- }()
	return read()
}

func (p *parser) unary() (node, error) {
	switch {
	case p.sign("("):
		return p.parenthesis()
	case p.keyword() == "not":
		if err := p.advance(); err != nil {
			return node{}, err
		}
		return p.negated(p.unary)
	}
	return p.condition()
}

func (p *parser) negated(read func() (node, error)) (node, error) {
	kid, err := p.deeper(read)
	return node{op: opNot, kids: []node{kid}}, err
}

func (p *parser) parenthesis() (node, error) {
	pos := p.tok.pos
	if err := p.advance(); err != nil {
		return node{}, err
	}
	n, err := p.deeper(p.or)
	if err != nil {
		return n, err
	}
	if !p.sign(")") {
		if p.tok.kind != endToken {
			return n, p.unexpectedEnd()
		}
		return n, &SyntaxError{Pos: pos, what: say("括号没有结束", "the parenthesis is not closed"), fix: say("补上右括号", "close it")}
	}
	return n, p.advance()
}

func tooMuch(pos int) error {
	return &SyntaxError{Pos: pos, what: say("条件太长", "the condition is too long"),
		fix: say("最多 %d 个条件，括号最多 %d 层", "at most %d conditions and %d parentheses inside each other", maxConditions, maxDepth)}
}

// unexpectedEnd is the error about what comes where and, or or the end should.
func (p *parser) unexpectedEnd() error {
	fix := say("含空格的值要加引号，如 客户名称 = \"张 三\"", `put a value that contains spaces in quotes, such as name = "Zhang San"`)
	if p.tok.kind == wordToken && joins(p.tok.text) {
		fix = say("「且」「或」前后加空格", "put spaces around 且 and 或")
	}
	return &SyntaxError{Pos: p.tok.pos, what: say("这里应该是 且、或 或者结束，却是「%s」", "expected and, or or the end, not %q", p.tok.text), fix: fix}
}

// String is the canonical text of the expression, which parses to the same.
func (e *Expr) String() string {
	var b strings.Builder
	e.root.write(&b)
	return b.String()
}

func (n *node) write(b *strings.Builder) {
	switch n.op {
	case opTest:
		n.test.write(b)
	case opNot:
		b.WriteString("not ")
		n.kids[0].nested(b, n.kids[0].op == opAnd || n.kids[0].op == opOr)
	default:
		for i := range n.kids {
			if i > 0 {
				b.WriteString(map[op]string{opAnd: " and ", opOr: " or "}[n.op])
			}
			n.kids[i].nested(b, n.kids[i].op == opOr)
		}
	}
}

func (n *node) nested(b *strings.Builder, parentheses bool) {
	if parentheses {
		b.WriteByte('(')
		defer b.WriteByte(')')
	}
	n.write(b)
}

func (t *test) write(b *strings.Builder) {
	switch t.cmp {
	case "":
		b.WriteString(t.field.name)
	case "has", "no":
		b.WriteString(t.cmp + " " + t.field.name)
	default:
		value := quote(t.value)
		if t.field.sort == yesNoSort {
			value = t.value // no is reserved, but not here
		}
		b.WriteString(t.field.name + " " + t.cmp + " " + value)
	}
}

// quote writes a value as a bare word, or in quotes where it would not read as
// one.
func quote(value string) string {
	plain := value != "" && keywords[foldWord(value)] == "" && !joins(value)
	for _, r := range value {
		plain = plain && bare(r)
	}
	if plain {
		return value
	}
	return `"` + strings.ReplaceAll(value, `"`, `""`) + `"`
}

package filter

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tagkeep/internal/crm"
)

// condition reads one condition: FIELD = VALUE, has FIELD, in bin.
func (p *parser) condition() (node, error) {
	if p.tests++; p.tests > maxConditions {
		return node{}, tooMuch(p.tok.pos)
	}
	word := p.keyword()
	t := test{pos: p.tok.pos}
	switch word {
	case "in bin":
		t.field = inBin
		return node{test: t}, p.advance()
	case "in":
		return p.bin(t)
	case "has", "no":
		if err := p.advance(); err != nil {
			return node{}, err
		}
		return p.presence(t, word)
	}
	f, ok := fieldsByWord[foldWord(p.tok.text)]
	if p.tok.kind != wordToken || !ok {
		return p.glued(t)
	}
	t.field = f
	if err := p.advance(); err != nil {
		return node{}, err
	}
	return p.comparison(t)
}

func (p *parser) bin(t test) (node, error) {
	if err := p.advance(); err != nil {
		return node{}, err
	}
	if w := foldWord(p.tok.text); p.tok.kind != wordToken || w != "bin" && w != "回收站" {
		return node{}, &SyntaxError{Pos: p.tok.pos, what: say("in 后面应该是 bin", "expected bin after in"), fix: say("写 在回收站", "write in bin")}
	}
	t.field = inBin
	return node{test: t}, p.advance()
}

// presence reads the field after has or no.
func (p *parser) presence(t test, cmp string) (node, error) {
	f, ok := fieldsByWord[foldWord(p.tok.text)]
	if p.tok.kind != wordToken || !ok {
		return node{}, p.unknownField()
	}
	t.field, t.cmp = f, cmp
	return node{test: t}, p.advance()
}

// glued reads 无标签 and 非标签 = VIP, which nobody writes with a space.
func (p *parser) glued(t test) (node, error) {
	for _, prefix := range []string{"没有", "有", "无", "非"} {
		rest, found := strings.CutPrefix(p.tok.text, prefix)
		f, ok := fieldsByWord[foldWord(rest)]
		if p.tok.kind != wordToken || !found || !ok {
			continue
		}
		if t.field = f; prefix != "非" {
			t.cmp = keywords[prefix]
			return node{test: t}, p.advance()
		}
		if err := p.advance(); err != nil {
			return node{}, err
		}
		return p.negated(func() (node, error) { return p.comparison(t) })
	}
	return node{}, p.unknownField()
}

func (p *parser) unknownField() error {
	e := &SyntaxError{Pos: p.tok.pos, fix: sentence{"可用的条件：" + fieldsOf("", crm.Chinese), "conditions: " + fieldsOf("", crm.English)}}
	if p.tok.kind == endToken {
		e.what = say("这里缺一个条件", "a condition is missing here")
		return e
	}
	e.what = say("没有「%s」这个条件", "there is no condition %q", p.tok.text)
	if near, ok := nearestField(p.tok.text); ok && p.tok.kind == wordToken {
		e.fix = say("是否想写 %s？", "did you mean %s?", near)
	}
	return e
}

func nearestField(word string) (string, bool) {
	var names []string
	for _, f := range fields {
		names = append(names, f.name, f.zh)
		names = append(names, strings.Fields(f.words)...)
	}
	return crm.Nearest(word, names)
}

// comparison reads the operator and the value after a field.
func (p *parser) comparison(t test) (node, error) {
	known := t.field.sort.operators()
	cmp := ""
	switch {
	case p.tok.kind == signToken:
		cmp = p.tok.text
	case p.keyword() == "~":
		cmp = "~"
	}
	if !slices.Contains(strings.Fields(known), cmp) {
		return node{}, &SyntaxError{Pos: p.tok.pos, what: sentence{"「" + t.field.zh + "」后面应该是其中之一：" + known, "expected after " + t.field.name + " one of " + known},
			fix: sentence{t.field.suggestion().zh + "；或写 有 " + t.field.zh + "、无 " + t.field.zh,
				t.field.suggestion().en + "; or write has " + t.field.name + ", no " + t.field.name}}
	}
	if err := p.advance(); err != nil {
		return node{}, err
	}
	t.cmp = cmp
	at := p.tok
	reserved := p.keyword() != "" && (t.field.sort != yesNoSort || p.keyword() != "no")
	if at.kind != quotedToken && (at.kind != wordToken || reserved) {
		fix := t.field.suggestion()
		if reserved {
			fix = say(`要当作值时加引号："%s"`, `put it in quotes if it is the value: "%s"`, at.text)
		}
		return node{}, &SyntaxError{Pos: at.pos, what: sentence{"「" + t.field.zh + " " + cmp + "」后面缺少值", "the value after " + t.field.name + " " + cmp + " is missing"}, fix: fix}
	}
	value, ok := t.field.canonical(at.text)
	blank := t.field.sort == textSort || t.field.sort == phoneSort
	if !ok || value == "" && (cmp == "~" || !blank || at.text != "") { // contains nothing would choose everything
		return node{}, t.field.badValue(at)
	}
	t.value = value
	if p.last = ""; at.kind == wordToken {
		p.last = at.text
	}
	return node{test: t}, p.advance()
}

// example is a condition on the field.
func (f *field) example(l crm.Lang) string {
	value := map[sort]string{
		textSort: l.Pick(`"上海"`, `"Shanghai"`), phoneSort: "13800138000", yesNoSort: l.Pick("是", "yes"), daySort: "2026-01-31",
		momentSort: "2026-01-31", numberSort: "0", eventSort: "D7",
		nameSort: map[string]string{"tag": l.Pick("客户意向:高意向", "Interest:High"), "group": l.Pick("客户意向", "Interest"), "department": l.Pick("总部/市场部", "Head/Sales"), "follower": "zhangsan"}[f.name],
	}[f.sort]
	if f.sort == wordSort {
		value = l.Pick(f.list[0].zh, f.list[0].stored)
	}
	return f.label(l) + " = " + value
}

func (f *field) suggestion() sentence {
	return sentence{"例如 " + f.example(crm.Chinese), "such as " + f.example(crm.English)}
}

func (f *field) badValue(at token) error {
	e := &SyntaxError{Pos: at.pos, fix: f.suggestion(),
		what: sentence{"「" + f.zh + "」不能是「" + at.text + "」", f.name + " cannot be " + strconv.Quote(at.text)}}
	switch f.sort {
	case wordSort:
		e.fix = sentence{"可以是：" + f.options(crm.Chinese), "one of: " + f.options(crm.English)}
	case daySort, momentSort:
		e.fix = say("日期写成 2026-01-31、今天 或 今天-30d", "write a date as 2026-01-31, today or today-30d")
	case yesNoSort:
		e.fix = say("写 是 或 否", "write yes or no")
	case numberSort:
		e.fix = say("写一个不小于 0 的整数", "write a whole number that is not below 0")
	case eventSort:
		e.fix = say("写删除事件的编号，如 D7；用 tagkeep recycle list 查看", "write a deletion as D7; tagkeep recycle list shows them")
	}
	return e
}

var event = regexp.MustCompile(`^[Dd]?([0-9]{1,18})$`)

// canonical is the value in the form in which it is compared and written; false
// when the field cannot have it.
func (f *field) canonical(text string) (string, bool) {
	switch f.sort {
	case phoneSort:
		return phoneKey(text), true
	case wordSort:
		return f.option(text)
	case yesNoSort:
		switch foldWord(text) {
		case "是", "yes", "true", "y", "1":
			return "yes", true
		case "否", "no", "false", "n", "0":
			return "no", true
		}
		return "", false
	case daySort, momentSort:
		return canonicalDay(text)
	case numberSort:
		n, err := strconv.ParseUint(crm.Fold(text), 10, 62)
		return strconv.FormatUint(n, 10), err == nil
	case eventSort:
		m := event.FindStringSubmatch(crm.Fold(text))
		if m == nil {
			return "", false
		}
		n, err := strconv.ParseInt(m[1], 10, 64)
		return "D" + strconv.FormatInt(n, 10), err == nil && n > 0
	}
	return text, true
}

// phoneKey is a phone number without what makes no difference between two ways
// of writing it.
func phoneKey(text string) string {
	digits := strings.Map(func(r rune) rune {
		switch r {
		case '-', '(', ')', '.':
			return -1
		}
		return r
	}, crm.Fold(text))
	for _, prefix := range []string{"+86", "0086", "86"} {
		if rest, ok := strings.CutPrefix(digits, prefix); ok && len(rest) == len("13800138000") && rest[0] == '1' {
			return rest
		}
	}
	return digits
}

package main

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/text/unicode/norm"

	"tagkeep/internal/access"
	"tagkeep/internal/admin"
	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/sheet"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// listRow is a row of a list, with what it names.
type listRow struct {
	row      *sheet.Row
	texts    []string // by field of fields
	id       int64
	problems []crm.Problem
}

// fields are the columns that say what a row names.
func (l *list) fields() []int {
	switch l.thing {
	case crm.ObjectGroup:
		return []int{table.TagGroup}
	case crm.ObjectTag:
		return []int{table.TagGroup, table.TagName}
	}
	return []int{table.CustExternalID, table.CustUnionID, table.CustMobile}
}

// parse reads a row; false for an example. What is wrong in columns that do not
// say what is meant is no matter here.
func (l *list) parse(row *sheet.Row) (r listRow, ok bool) {
	l.mapping.Parse(l.parser, row, &l.rec)
	if l.rec.Example {
		return r, false
	}
	r.row = row
	alone := l.thing == crm.ObjectTag && l.mapping.Column(table.TagGroup) < 0
	for _, p := range l.rec.Problems {
		field, read := l.mapping.Field(p.Column)
		ours := p.Column < 0 && !alone || read && slices.Contains(l.fields(), field)
		tooLong := alone && p.Code == crm.TooLong // of 组:标签
		if !p.Warn && !tooLong && (ours || p.Code == crm.UnterminatedQuote) {
			r.problems = append(r.problems, p)
		}
	}
	for _, field := range l.fields() {
		text := ""
		if v := l.rec.Values[field]; v.State == table.Set {
			text = strings.Clone(v.Text)
		}
		r.texts = append(r.texts, text)
	}
	if column := l.mapping.Column(table.TagName); l.thing == crm.ObjectTag {
		if alone && column < len(row.Cells) {
			r.texts[1] = norm.NFC.String(strings.TrimSpace(row.Cells[column].Value))
		}
		if r.texts[1] == "" && len(r.problems) == 0 {
			r.fail(column, crm.Required, table.Columns(crm.Tags)[table.TagName].Header)
		}
	}
	return r, true
}

func (r *listRow) fail(column int, code crm.Code, args ...string) {
	value := ""
	if column >= 0 && column < len(r.row.Cells) {
		value = r.row.Cells[column].Value
	}
	r.problems = append(r.problems, crm.Problem{Code: code, Column: column, Value: value, Args: args})
}

// resolve finds what the rows name.
func (p *picker) resolve(l *list, rows []listRow) error {
	if l.thing == crm.RefCustomer {
		return p.resolveCustomers(l, rows)
	}
	for i := range rows {
		if r := &rows[i]; len(r.problems) == 0 {
			if err := p.resolveObject(l, r); err != nil {
				return err
			}
		}
	}
	return nil
}

// resolveObject finds a group or tag.
func (p *picker) resolveObject(l *list, r *listRow) error {
	name, column := "", l.mapping.Column(table.TagGroup)
	switch {
	case l.thing == crm.ObjectGroup:
		name = quotedName(r.texts[0])
	case column < 0:
		name = r.texts[1]
	default:
		name = quotedName(r.texts[0]) + ":" + quotedName(r.texts[1])
	}
	if l.thing == crm.ObjectTag {
		column = l.mapping.Column(table.TagName)
	}
	id, err := p.find(name)
	if err == nil {
		r.id = id
		if d := p.company.May(access.Delete, objectOf(l.thing, id), nil); d != nil {
			r.refused(column, *d)
		}
		return nil
	}
	return r.unknown(l.thing, name, column, err)
}

// quotedName is a name as commands write it, in quotes where it needs them.
func quotedName(name string) string {
	if strings.ContainsAny(name, `":：`) || strings.HasPrefix(name, "#") {
		return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	return name
}

// unknown turns what a search says into a problem of the row.
func (r *listRow) unknown(kind, name string, column int, err error) error {
	var missing *admin.NotFound
	var several *admin.Ambiguous
	unknown, binned := crm.UnknownTag, crm.TagInBin
	if kind == crm.ObjectGroup {
		unknown, binned = crm.UnknownGroup, crm.GroupInBin
	}
	switch {
	case errors.As(err, &missing) && missing.Deletion != "":
		r.fail(column, binned, name, missing.Deletion, report.ToDelete)
	case errors.As(err, &missing):
		r.fail(column, unknown, name, strings.TrimPrefix(missing.Near, kind+":"), report.ToDelete)
	case errors.As(err, &several):
		r.fail(column, crm.TagAmbiguous, name, strings.Join(several.Choices, "、"))
	default:
		return err
	}
	return nil
}

// refused says what is missing to delete it.
func (r *listRow) refused(column int, d access.Decision) {
	step, _ := d.Refusal()
	r.fail(column, crm.NotAllowed, step.Message(crm.Chinese), step.Message(crm.English),
		strings.ReplaceAll(step.Fix(crm.Chinese), "\n", "；"), strings.ReplaceAll(step.Fix(crm.English), "\n", "; "))
}

var customerKeys = []string{store.KeyExternalID, store.KeyUnionID, store.KeyMobile}

// holders are the live customers that the rows may mean.
type holders struct {
	byKey     []map[string][]crm.Customer // as customerKeys
	followers map[int64][]int64
}

func (p *picker) holdersOf(rows []listRow) (h holders, err error) {
	h.followers = make(map[int64][]int64)
	var ids []any
	for k, key := range customerKeys {
		found := make(map[string][]crm.Customer)
		h.byKey = append(h.byKey, found)
		var values []any
		for i := range rows {
			if v := rows[i].texts[k]; v != "" {
				values = append(values, v)
			}
		}
		if len(values) == 0 {
			continue
		}
		err := p.tx.CustomersByKey(key, values, func(c crm.Customer) {
			v := []string{c.ExternalID, c.UnionID, c.Mobile}[k]
			if c.DeletionID == 0 && !slices.ContainsFunc(found[v], func(had crm.Customer) bool { return had.ID == c.ID }) {
				found[v] = append(found[v], c)
				ids = append(ids, c.ID)
			}
		})
		if err != nil {
			return h, err
		}
	}
	if p.by == 0 || len(ids) == 0 {
		return h, nil
	}
	return h, p.tx.FollowsOf(ids, func(f crm.Follow) { h.followers[f.CustomerID] = append(h.followers[f.CustomerID], f.StaffID) })
}

func (p *picker) resolveCustomers(l *list, rows []listRow) error {
	h, err := p.holdersOf(rows)
	if err != nil {
		return err
	}
	for i := range rows {
		if r := &rows[i]; len(r.problems) == 0 {
			p.identify(l, h, r)
		}
	}
	return nil
}

// identify answers whom a row means, by the rules of the import: 客户ID, else
// unionid, else 手机号, whose other keys must not be those of somebody else. Whom
// one may not see is nobody.
func (p *picker) identify(l *list, h holders, r *listRow) {
	fields, by := l.fields(), -1
	var who []crm.Customer
	for k, text := range r.texts {
		if text == "" || len(who) > 0 {
			continue
		}
		if by < 0 || len(h.byKey[k][text]) > 0 {
			by = k
		}
		who = h.byKey[k][text]
		if k == 2 {
			who = slices.DeleteFunc(slices.Clone(who), func(c crm.Customer) bool { return differs(c.ExternalID, r.texts[0]) || differs(c.UnionID, r.texts[1]) })
		}
	}
	column := l.mapping.Column(fields[max(by, 0)])
	if column < 0 { // 电话 stands for 手机号
		column = l.mapping.Column(table.CustPhones)
	}
	if len(who) == 0 || slices.ContainsFunc(who, func(c crm.Customer) bool { return !p.company.SeesCustomer(h.followers[c.ID]) }) {
		r.fail(column, crm.UnknownCustomer)
		return
	}
	if len(who) > 1 && by == 2 {
		r.fail(column, crm.CustomerAmbiguous, r.texts[2], strconv.Itoa(len(who)))
		return
	}
	for k, text := range r.texts {
		others := h.byKey[k][text]
		if text != "" && k != by && len(others) > 0 && !slices.ContainsFunc(others, func(c crm.Customer) bool { return c.ID == who[0].ID }) {
			r.fail(l.mapping.Column(fields[k]), crm.KeyConflict, l.header(fields[by]), p.described(h, who[0]), l.header(fields[k]), p.described(h, others[0]))
			return
		}
	}
	r.id = who[0].ID
	if d := p.company.May(access.Delete, access.Everything(), &access.Customer{Live: true, Followers: h.followers[r.id]}); d != nil {
		r.refused(column, *d)
	}
}

// differs: both are known and not the same.
func differs(a, b string) bool { return a != "" && b != "" && a != b }

func (l *list) header(field int) string { return table.Columns(l.kind)[field].Header }

// described names a customer in a message.
func (p *picker) described(h holders, c crm.Customer) string {
	if !p.company.SeesCustomer(h.followers[c.ID]) {
		return p.a.t("（别的部门的客户）", "(of another department)")
	}
	return strings.TrimSpace(c.Name + " " + numberOf("#", c.ID))
}

package store

import (
	"crypto/sha256"
	"database/sql"
	"slices"
	"strconv"

	"tagkeep/internal/crm"
)

// ExactSum makes State.Exact of the rows of a snapshot as they pass, so that they
// need not be read twice. The tables come in the order of SnapshotTables and
// whole. It hashes what State does, in the same way: a check of the suite holds
// one against the other.
type ExactSum struct {
	sum  sum
	row  rowHash
	rule *exactRule

	customers  idSet            // live
	tags       map[int64]bool   // live
	deadGroups map[int64]bool   // in the bin
	staff      map[int64][]byte // row of a person, up to their departments
	pairs      map[int64][]int64
}

// NewExactSum starts with an empty database.
func NewExactSum() *ExactSum {
	return &ExactSum{tags: make(map[int64]bool), deadGroups: make(map[int64]bool), staff: make(map[int64][]byte), pairs: make(map[int64][]int64)}
}

// exactRule says what of a table's rows is hashed.
type exactRule struct {
	table, kind string
	nums, texts []int // columns, in the order of the hash
	gone        int   // column that is not 0 in rows that do not count, -1 = none
	object      [2]int
}

func newRule(table, kind, nums, texts, gone string) exactRule {
	all := snapshotTables[slices.IndexFunc(snapshotTables, func(t Table) bool { return t.Name == table })].Columns
	r := exactRule{table: table, kind: kind, gone: slices.Index(all, gone)}
	for _, name := range columns(nums) {
		r.nums = append(r.nums, slices.Index(all, name))
	}
	for _, name := range columns(texts) {
		r.texts = append(r.texts, slices.Index(all, name))
	}
	r.object = [2]int{slices.Index(all, "object_kind"), slices.Index(all, "object_id")}
	return r
}

var exactRules = []exactRule{
	newRule("department", "department", "id parent_id sort gone_event created_at created_by updated_at version", "name wecom_id", "gone_event"),
	newRule("staff", "staff", "id left_id role_department_id contact tagging same_as created_at created_by updated_at version", "userid name status role", ""),
	newRule("staff_department", "", "staff_id department_id", "", ""),
	newRule("tag_group", "group", "id department_id single_choice sort created_at created_by updated_at version", "name scope description wecom_id", "deletion_id"),
	newRule("tag", "tag", "id group_id sort created_at created_by updated_at version", "name description expires_on wecom_id", "deletion_id"),
	newRule("customer", "customer", "id added_at created_at created_by updated_at version",
		"external_id unionid mobile phones name company position gender birthday region add_way remark description", "deletion_id"),
	newRule("customer_staff", "follow", "customer_id staff_id added_at created_at created_by updated_at version", "remark description add_way", ""),
	newRule("link", "link", "customer_id tag_id staff_id tagged_at tagged_by run_id", "", ""),
	newRule("access_grant", "grant", "id subject_id with_sub object_id starts_at ends_at request_id event_id created_at created_by version",
		"subject_kind subject_role object_kind level reason", "revoked_at"),
}

// Begin starts a table.
func (e *ExactSum) Begin(table string) {
	e.rule = nil
	if i := slices.IndexFunc(exactRules, func(r exactRule) bool { return r.table == table }); i >= 0 {
		e.rule = &exactRules[i]
	}
}

// Row adds a row of the table begun last.
func (e *ExactSum) Row(cells []sql.RawBytes) {
	r := e.rule
	if r == nil {
		return
	}
	first := number(cells[0])
	if r.gone >= 0 && number(cells[r.gone]) != 0 {
		if r.table == "tag_group" {
			e.deadGroups[first] = true
		}
		return
	}
	switch r.table {
	case "tag":
		e.tags[first] = true
	case "customer":
		e.customers.add(first)
	case "staff_department":
		e.pairs[first] = append(e.pairs[first], number(cells[1]))
		return
	case "customer_staff":
		if !e.customers.has(first) {
			return
		}
	case "link":
		if !e.customers.has(first) || !e.tags[number(cells[1])] {
			return
		}
	case "access_grant":
		if !e.liveObject(string(cells[r.object[0]]), number(cells[r.object[1]])) {
			return
		}
	}
	e.hash(cells)
	if r.table == "staff" {
		e.staff[first] = slices.Clone(e.row.buf)
		return
	}
	e.sum.add(e.row.sum())
}

func (e *ExactSum) liveObject(kind string, id int64) bool {
	switch kind {
	case crm.ObjectGroup:
		return !e.deadGroups[id]
	case crm.ObjectTag:
		return e.tags[id]
	}
	return true
}

func (e *ExactSum) hash(cells []sql.RawBytes) {
	e.row.reset(e.rule.kind)
	for _, i := range e.rule.nums {
		e.row.num(number(cells[i]))
	}
	for _, i := range e.rule.texts {
		e.row.bytes(cells[i])
	}
}

// String is the hash; the rows must be complete.
func (e *ExactSum) String() string {
	total := e.sum
	for id, buf := range e.staff {
		row := rowHash{buf}
		row.num(e.pairs[id]...)
		total.add(sha256.Sum256(row.buf))
	}
	return total.hex()
}

// number reads an integer as databases write it.
func number(b []byte) (n int64) {
	if len(b) < 19 {
		digits := b
		if len(b) > 0 && b[0] == '-' {
			digits = b[1:]
		}
		for _, c := range digits {
			n = n*10 + int64(c-'0')
		}
		if len(digits) != len(b) {
			n = -n
		}
		return n
	}
	n, _ = strconv.ParseInt(string(b), 10, 64) // the columns are integers
	return n
}

// idSet is a set of ids, of which whole ranges are usually there: a bit each.
type idSet map[int64]*[1 << 10]uint64

func (s *idSet) add(id int64) {
	if *s == nil {
		*s = make(idSet)
	}
	page := (*s)[id>>16]
	if page == nil {
		page = new([1 << 10]uint64)
		(*s)[id>>16] = page
	}
	page[id>>6&1023] |= 1 << (id & 63)
}

func (s idSet) has(id int64) bool {
	page := s[id>>16]
	return page != nil && page[id>>6&1023]&(1<<(id&63)) != 0
}

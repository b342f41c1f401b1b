package admin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
	"tagkeep/internal/report"
	"tagkeep/internal/sheet"
	"tagkeep/internal/table"
)

// What is typed on the command line goes through the same parser as the cell of
// a spreadsheet, so that the same rules hold for names, lengths, numbers and
// dates.

// Columns that are typed by hand.
const (
	groupName      = table.TagGroup
	groupSort      = table.TagGroupSort
	tagName        = table.TagName
	tagSort        = table.TagSort
	tagDescription = table.TagDescription
	tagExpires     = table.TagExpires
)

// typed is what was typed, by column; "" is not typed.
type typed map[int]string

// read are the values of it, by column.
type read []table.Value

func (r read) text(column int) string { return r[column].Text }

func (r read) number(column int) int64 {
	n, _ := strconv.ParseInt(r[column].Text, 10, 64) // digits: the parser has seen to it; else 0
	return n
}

// stand-ins for the columns that a row must have, where they are not typed.
var standIns = map[crm.Kind]map[int]string{
	crm.Tags:      {groupName: "组", tagName: "名"},
	crm.Customers: {table.CustUnionID: "u"},
	crm.People:    {},
}

// tagCells reads what was typed by the rules of the tags sheet. The first thing
// wrong is an *Unfit.
func (d *Desk) tagCells(in typed) (read, []crm.Problem, error) {
	zone, err := d.DB.Meta().Location()
	if err != nil {
		return nil, nil, err
	}
	if text, ok := in[groupName]; ok && text == "" {
		return nil, nil, noName()
	}
	if text, ok := in[tagName]; ok && text == "" {
		return nil, nil, noName()
	}
	return readCells(crm.Tags, zone, in)
}

func noName() error {
	return unfit(string(crm.Required), "名称是空的", "the name is blank", "写上名称", "write the name")
}

// readCells parses what was typed as a row of the kind's sheet.
func readCells(kind crm.Kind, zone *time.Location, in typed) (read, []crm.Problem, error) {
	declared := table.Columns(kind)
	var fields []int
	for field := range declared {
		if in[field] != "" || standIns[kind][field] != "" {
			fields = append(fields, field)
		}
	}
	header, row := sheet.Row{Number: 1}, sheet.Row{Number: 2}
	for _, field := range fields {
		text := in[field]
		if text == "" {
			text = standIns[kind][field]
		}
		header.Cells = append(header.Cells, sheet.Cell{Kind: sheet.Text, Value: declared[field].Header})
		row.Cells = append(row.Cells, sheet.Cell{Kind: sheet.Text, Value: text})
	}
	m, _, err := table.FindHeader(kind, []sheet.Row{header}, table.HeaderOptions{HeaderRow: 1})
	if err != nil {
		return nil, nil, fmt.Errorf("read what was typed: %w", err)
	}
	var rec table.Record
	m.Parse(m.NewParser(zone), &row, &rec)
	if rec.Example {
		return nil, nil, unfit(string(crm.BadFormat), "这样的内容在表格里会被当作示例行", "in a spreadsheet this would be taken for an example row",
			"换一个名称，不以“示例：”开头", "choose another name that does not begin like an example")
	}
	var warnings []crm.Problem
	for _, p := range rec.Problems {
		if p.Column >= 0 && in[fields[p.Column]] == "" {
			continue // of a stand-in
		}
		p.Row, p.Column = 0, -1
		if !p.Warn {
			return nil, nil, unfitCell(p)
		}
		warnings = append(warnings, p)
	}
	for _, field := range fields {
		if in[field] == "" {
			rec.Values[field] = table.Value{}
		} else if v := rec.Values[field]; v.State == table.Blank && (field == groupName || field == tagName) {
			return nil, nil, noName()
		}
	}
	return rec.Values, warnings, nil
}

// unfitCell tells what is wrong with a typed value in the words of the import.
func unfitCell(p crm.Problem) error {
	return &Unfit{Code: string(p.Code),
		What: func(l crm.Lang) string {
			message := report.Explain(l, p, nil).Message
			if p.Value == "" || strings.Contains(message, p.Value) {
				return message
			}
			return l.Pick("「"+p.Value+"」", `"`+p.Value+`": `) + message
		},
		Next: func(l crm.Lang) string {
			hint := report.Explain(l, p, nil).Hint
			return strings.NewReplacer("重新导入", "再运行同一命令", "import again", "run the command again").Replace(hint)
		}}
}

// groupFree refuses a name that another live tag group has.
func (c *Company) groupFree(name string, but int64) error {
	for _, g := range c.names.groups[name] {
		if g.DeletionID == 0 && g.ID != but {
			return &Taken{Kind: crm.ObjectGroup, Written: refName(name)}
		}
	}
	return nil
}

// tagFree refuses a name that another live tag of the group has.
func (c *Company) tagFree(group crm.Group, name string, but int64) error {
	for _, t := range c.names.tags[name] {
		if c.live(t) && t.GroupID == group.ID && t.ID != but {
			return &Taken{Kind: crm.ObjectTag, Written: refName(group.Name) + ":" + refName(name)}
		}
	}
	return nil
}

// groupWarnings tells of tag groups whose name looks the same and, for a new one,
// of those of the name in the recycle bin: of what may be seen.
func (d *Desk) groupWarnings(c *Company, name string, but int64, made bool) []crm.Problem {
	var found []crm.Problem
	if made {
		binned := int64(0)
		for _, g := range c.names.groups[name] {
			if c.Events.Holds(g.DeletionID) && c.seen(access.Group(g.ID)) {
				binned = max(binned, g.DeletionID)
			}
		}
		found = c.inBin(found, name, refName(name), binned)
	}
	for _, g := range c.Groups {
		if g.DeletionID == 0 && g.ID != but && crm.IsNearDuplicate(g.Name, name) && c.seen(access.Group(g.ID)) {
			found = append(found, near(name, g.Name))
			break
		}
	}
	return found
}

// tagWarnings is groupWarnings for a tag of a group.
func (d *Desk) tagWarnings(c *Company, group crm.Group, name string, but int64, made bool) []crm.Problem {
	var found []crm.Problem
	if made {
		binned := int64(0)
		for _, t := range c.names.tags[name] {
			if c.Events.Holds(t.DeletionID) && c.names.byGroup[t.GroupID].Name == group.Name && c.seen(access.Tag(t.ID)) {
				binned = max(binned, t.DeletionID)
			}
		}
		found = c.inBin(found, name, refName(group.Name)+":"+refName(name), binned)
	}
	for _, t := range c.Tags {
		if t.GroupID == group.ID && t.ID != but && t.DeletionID == 0 && crm.IsNearDuplicate(t.Name, name) && c.seen(access.Tag(t.ID)) {
			found = append(found, near(name, t.Name))
			break
		}
	}
	return found
}

func (c *Company) inBin(found []crm.Problem, name, written string, deletion int64) []crm.Problem {
	if deletion == 0 {
		return found
	}
	return append(found, crm.Problem{Code: crm.InBin, Column: -1, Value: name, Warn: true, Args: []string{written, c.Events.Label(deletion)}})
}

func near(name, other string) crm.Problem {
	return crm.Problem{Code: crm.NearDuplicate, Column: -1, Value: name, Warn: true, Args: []string{other}}
}

func namedTwice(name string) error {
	return unfit("USAGE", "写了两次："+name, "named twice: "+name, "每个只写一次", "name each once")
}

// liveTags is how many tags count against the limit of WeCom.
func (c *Company) liveTags() int {
	n := 0
	for _, t := range c.Tags {
		if c.live(t) {
			n++
		}
	}
	return n
}

// roomFor refuses more tags than there may be.
func (c *Company) roomFor(n int) error {
	if c.liveTags()+n <= crm.MaxTags {
		return nil
	}
	return unfitCell(crm.Problem{Code: crm.LimitReached, Column: -1, Args: []string{strconv.Itoa(crm.MaxTags), "tags"}})
}

// contains reports whether the edit list has the thing.
func contains(edits []Edit, id int64) bool {
	return slices.ContainsFunc(edits, func(e Edit) bool { return e.ID == id })
}

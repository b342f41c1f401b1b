package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// Agree checks that two empty databases, of different kinds and by the same
// clock, give the same answers to the same history.
func Agree(t *testing.T, a, b *store.DB) {
	t.Run("any order", func(t *testing.T) { anyOrder(t, a, b) })
	t.Run("other ids", func(t *testing.T) { otherIDs(t, a, b) })
	t.Run("random histories", func(t *testing.T) {
		rapid.Check(t, func(r *rapid.T) {
			wipe(t, a)
			wipe(t, b)
			history(r, t, a, b)
		})
	})
}

// company is a little of everything, whose ids start after base and whose times
// are at.
type company struct {
	departments []crm.Department
	groups      []crm.Group
	tags        []crm.Tag
	staff       []crm.Staff
	customers   []crm.Customer
	follows     []crm.Follow
	links       []crm.Link
}

func sample(base, at int64) company {
	var c company
	for i := range int64(5) {
		c.departments = append(c.departments, crm.Department{ID: base + i, Name: fmt.Sprint("部门", i), CreatedAt: at, UpdatedAt: at})
		g := group(base+i, lookalikes[i])
		g.CreatedAt, g.UpdatedAt, g.Sort = at, at, i
		c.groups = append(c.groups, g)
		p := person(base+i, fmt.Sprint("user", i))
		p.CreatedAt, p.UpdatedAt, p.RoleDepartmentID = at, at, base+i
		c.staff = append(c.staff, p)
	}
	for i, name := range lookalikes {
		v := tag(base+int64(i), base+int64(i%5), name)
		v.CreatedAt, v.UpdatedAt = at, at
		c.tags = append(c.tags, v)
	}
	for i := range int64(200) {
		v := crm.Customer{ID: base + i, Name: fmt.Sprint(lookalikes[i%7], i), AddedAt: i, CreatedAt: at, UpdatedAt: at}
		if i%3 > 0 {
			v.ExternalID = fmt.Sprint("wm", i)
		}
		c.customers = append(c.customers, v)
		for j := range i % 4 {
			c.follows = append(c.follows, crm.Follow{CustomerID: v.ID, StaffID: base + j, Remark: fmt.Sprint(j), AddedAt: j, CreatedAt: at, UpdatedAt: at})
			c.links = append(c.links, crm.Link{CustomerID: v.ID, TagID: base + (i+j)%int64(len(lookalikes)), StaffID: base + j, TaggedAt: at})
		}
	}
	return c
}

// store writes the company in an order and in pieces that the seed decides.
func (c company) store(t *testing.T, db *store.DB, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(pieces(r, c.departments, tx.CreateDepartments), pieces(r, c.groups, tx.CreateGroups))
	})
	for _, part := range r.Perm(5) {
		Write(t, db, func(tx *store.Tx) error {
			switch part {
			case 0:
				return pieces(r, c.tags, tx.CreateTags)
			case 1:
				return pieces(r, c.staff, tx.CreateStaff)
			case 2:
				return pieces(r, c.customers, tx.CreateCustomers)
			case 3:
				return pieces(r, c.follows, tx.CreateFollows)
			default:
				return pieces(r, c.links, tx.AddLinks)
			}
		})
	}
	Write(t, db, func(tx *store.Tx) error {
		for _, p := range c.staff {
			if err := tx.SetStaffDepartments(p.ID, []int64{p.RoleDepartmentID}); err != nil {
				return err
			}
		}
		return nil
	})
}

func pieces[T any](r *rand.Rand, rows []T, write func([]T) error) error {
	rows = slices.Clone(rows)
	r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	for len(rows) > 0 {
		n := 1 + r.IntN(len(rows))
		if err := write(rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// The state does not tell in which order rows were written, or by what engine.
func anyOrder(t *testing.T, a, b *store.DB) {
	var want store.State
	for i, db := range []*store.DB{a, b, a} {
		wipe(t, db)
		sample(1, 7).store(t, db, uint64(i))
		got := State(t, db)
		if i == 0 {
			want = got
		}
		if got != want {
			t.Errorf("order %d: state %+v, want %+v", i, got, want)
		}
	}
}

// Ids and times show in Exact only.
func otherIDs(t *testing.T, a, b *store.DB) {
	wipe(t, a)
	wipe(t, b)
	sample(1, 7).store(t, a, 1)
	sample(1000, 8).store(t, b, 2)
	one, two := State(t, a), State(t, b)
	if one.Hash != two.Hash || one.Counts != two.Counts {
		t.Errorf("the same company under other ids: %+v and %+v", one, two)
	}
	if one.Exact == two.Exact {
		t.Error("Exact is the same under other ids")
	}
}

// history does the same random things to both databases and compares every
// answer.
func history(r *rapid.T, t *testing.T, a, b *store.DB) {
	for range rapid.IntRange(1, 4).Draw(r, "transactions") {
		ops := rapid.SliceOfN(rapid.Custom(operation), 1, 6).Draw(r, "operations")
		fail := rapid.IntRange(0, 4).Draw(r, "fail") == 0
		var answers [2]string
		for i, db := range []*store.DB{a, b} {
			var said strings.Builder
			err := db.InTx(t.Context(), nil, func(tx *store.Tx) error {
				said.Reset()
				for _, op := range ops {
					fmt.Fprintln(&said, op.name, class(op.run(tx)))
				}
				if fail {
					return errTakenBack
				}
				return nil
			})
			fmt.Fprintln(&said, class(err))
			answers[i] = said.String()
		}
		if answers[0] != answers[1] {
			r.Fatalf("%s answers\n%s%s answers\n%s", a.Target().Engine, answers[0], b.Target().Engine, answers[1])
		}
		if one, two := State(t, a), State(t, b); one != two {
			r.Fatalf("after\n%s%s is %+v\n%s is %+v", answers[0], a.Target().Engine, one, b.Target().Engine, two)
		}
	}
}

// class is what callers tell errors apart by.
func class(err error) string {
	for _, known := range []error{store.ErrPoisoned, store.ErrRefused, store.ErrGone, errTakenBack} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return fmt.Sprint(err)
}

type op struct {
	name string
	run  func(tx *store.Tx) error
}

// operation draws one thing to do, with ids and texts from so few that they
// meet again and again.
func operation(r *rapid.T) op {
	id := func(what string) int64 { return rapid.Int64Range(1, 4).Draw(r, what) }
	text := func(what string) string {
		return rapid.SampledFrom([]string{"", "VIP", "vip", "ＶＩＰ", "é", "e\u0301", "\U00020000", "'\\\"", strings.Repeat("长", 60), strings.Repeat("长", 61),
			strings.Repeat("\U00020000", 64), strings.Repeat("\U00020000", 65)}).Draw(r, what)
	}
	n, m, s, u := id("id"), id("other id"), text("text"), text("other text")
	c := customer(n, s)
	c.UnionID, c.Mobile, c.Name, c.Remark = u, s, s, u
	ops := []op{
		{"create group", func(tx *store.Tx) error { return tx.CreateGroups([]crm.Group{group(n, s)}) }},
		{"update group", func(tx *store.Tx) error { return tx.UpdateGroup(group(n, s)) }},
		{"create two tags", func(tx *store.Tx) error { return tx.CreateTags([]crm.Tag{tag(n, m, s), tag(m, m, u)}) }},
		{"update tag", func(tx *store.Tx) error { return tx.UpdateTag(tag(n, m, s)) }},
		{"delete group", func(tx *store.Tx) error { _, err := tx.Exec("DELETE FROM tag_group WHERE id = ?", n); return err }},
		{"create customer", func(tx *store.Tx) error { return tx.CreateCustomers([]crm.Customer{c}) }},
		{"update customer", func(tx *store.Tx) error { return tx.UpdateCustomer(c) }},
		{"create person", func(tx *store.Tx) error { return tx.CreateStaff([]crm.Staff{person(n, s)}) }},
		{"departments of a person", func(tx *store.Tx) error { return tx.SetStaffDepartments(n, []int64{m}) }},
		{"create department", func(tx *store.Tx) error {
			return tx.CreateDepartments([]crm.Department{{ID: n, ParentID: m - 1, Name: s}})
		}},
		{"follow", func(tx *store.Tx) error {
			return tx.CreateFollows([]crm.Follow{{CustomerID: n, StaffID: m, Remark: s}})
		}},
		{"tag", func(tx *store.Tx) error { return tx.AddLinks([]crm.Link{link(n, m, 0), link(m, n, 1)}) }},
		{"untag", func(tx *store.Tx) error { return tx.RemoveLink(link(n, m, 0), m-1, 0, 0) }},
		{"bin a tag", func(tx *store.Tx) error { return bin(tx, "tag", n, m-1) }},
		{"bin a customer", func(tx *store.Tx) error { return bin(tx, "customer", n, m-1) }},
		{"grant", func(tx *store.Tx) error { return grant(tx, n, "tag", m, 1, m*86_400_000) }},
		{"lookup", func(tx *store.Tx) error {
			var found []string
			err := tx.CustomersByKey(store.KeyExternalID, []any{s, u}, func(c crm.Customer) { found = append(found, fmt.Sprint(c)) })
			slices.Sort(found)
			if err != nil {
				return err
			}
			return fmt.Errorf("found %v", found)
		}},
	}
	first := rapid.SampledFrom(ops).Draw(r, "op")
	if !rapid.Bool().Draw(r, "in a savepoint") {
		return first
	}
	second, keep := rapid.SampledFrom(ops).Draw(r, "op in the savepoint"), rapid.Bool().Draw(r, "keep")
	return op{"(" + first.name + ", " + second.name + ")", func(tx *store.Tx) error {
		return tx.Savepoint(func() error {
			err := errors.Join(first.run(tx), second.run(tx))
			if keep {
				return nil
			}
			return err
		})
	}}
}

package recycle

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/store/storetest"
	"tagkeep/snapshot"
)

// Law 9: every link and grant in scope of a restore has exactly one verdict, in
// whatever way the things in its way and its parts are combined. The scope is
// counted naively, out of the tables, and so is what the restore did.
func TestLaw09_EveryLinkAndGrantOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, func(t *testing.T, target store.Target) {
		n := histories(30)
		if target.Engine == store.MySQL {
			n = histories(6)
		}
		for seed := range n {
			t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
				clock := storetest.NewClock()
				own := storetest.SQLite(t)
				if target.Engine == store.MySQL {
					own = storetest.MySQL(t)
				}
				s := &scene{TB: t, db: storetest.Open(t, own, clock.Option()), clock: clock}
				var err error
				if s.dir, err = snapshot.OpenDir(t.TempDir()); err != nil {
					t.Fatal(err)
				}
				s.write(s.fill)
				a := &accounts{scene: s, rng: rand.New(rand.NewPCG(uint64(seed), 9))}
				a.run()
				s.sound()
			})
		}
	})
}

// accounts is one random case.
type accounts struct {
	*scene
	rng *rand.Rand
}

// some are a few of ids, with the odds of one in n each.
func (a *accounts) some(n int, ids ...int64) (out []int64) {
	for _, id := range ids {
		if a.rng.IntN(n) == 0 {
			out = append(out, id)
		}
	}
	return out
}

func (a *accounts) run() {
	var people []int64
	for id := int64(1); id <= 20; id++ {
		people = append(people, id)
	}
	for range 6 {
		g := staffGrant(int64(1+a.rng.IntN(6)), crm.ObjectTag, int64(1+a.rng.IntN(7)), crm.Levels[a.rng.IntN(len(crm.Levels))])
		if a.rng.IntN(2) == 0 {
			g.ObjectKind, g.ObjectID = crm.ObjectGroup, int64(1+a.rng.IntN(4))
		}
		a.give(g)
	}
	a.tick()
	elsewhere := a.some(8, people...)
	sel := Selection{Groups: a.some(4, intent, grade, eastOnly), Tags: a.some(2, high, vip, gold, web, eastA), Customers: a.some(4, people...)}
	sel.Customers = slices.DeleteFunc(sel.Customers, func(id int64) bool { return slices.Contains(elsewhere, id) })
	if len(elsewhere) > 0 {
		a.del(Selection{Customers: elsewhere})
	}
	if sel.Empty() {
		sel.Tags = []int64{high}
	}
	event := a.del(sel)
	if a.rng.IntN(4) == 0 { // in the bin twice
		a.restore(event, RestoreOptions{AcceptWider: true})
		event = a.del(sel)
	}
	a.meddle(sel, people)
	o := RestoreOptions{OnConflict: []Policy{Rename, Merge, Replace, Skip}[a.rng.IntN(4)], AcceptWider: true}
	if a.rng.IntN(2) == 0 {
		o.Only = &Selection{Groups: a.some(2, sel.Groups...), Tags: a.some(2, sel.Tags...), Customers: a.some(2, sel.Customers...)}
	}
	a.account(event, o)
	a.account(event, RestoreOptions{OnConflict: Merge, AcceptWider: true}) // what is left
}

// meddle makes others of the same names and keys, newer choices, and takes links
// and grants away.
func (a *accounts) meddle(sel Selection, people []int64) {
	for _, name := range []string{"高意向", "VIP", "官网"} {
		group := map[string]int64{"高意向": intent, "VIP": grade, "官网": source}[name]
		if a.group(group).DeletionID != 0 {
			if a.rng.IntN(2) != 0 {
				continue
			}
			group = a.newGroup(a.group(group).Name)
			if group > 4 && a.group(group).Name == "等级" {
				a.lose("UPDATE tag_group SET single_choice = 1 WHERE id = " + itoa(group))
			}
		}
		if a.tagNamed(group, name) != 0 || a.rng.IntN(2) != 0 {
			continue
		}
		id := a.newTag(group, name, 1)
		for _, c := range a.some(4, people...) {
			if a.count("customer", "id = ? AND deletion_id = 0", c) == 1 { // an import reaches nobody in the bin
				a.link(c, id, anna)
			}
		}
		if a.rng.IntN(2) == 0 {
			a.give(staffGrant(int64(1+a.rng.IntN(6)), crm.ObjectTag, id, crm.LevelUse))
		}
	}
	for _, c := range a.some(2, sel.Customers...) { // added again
		again := a.customer(fmt.Sprint("wm", c), a.some(2, anna, ben)...)
		if a.tag(gold).DeletionID == 0 && a.rng.IntN(2) == 0 {
			a.link(again, gold, anna)
		}
		if a.tag(web).DeletionID == 0 && a.rng.IntN(2) == 0 {
			a.link(again, web, 0)
		}
	}
	a.tick()
}

func (a *accounts) tagNamed(group int64, name string) (id int64) {
	a.read(func(tx *store.Tx) error {
		tags, err := tx.Tags(store.Live)
		for _, t := range tags {
			if t.GroupID == group && t.Name == name {
				id = t.ID
			}
		}
		return err
	})
	return id
}

// account restores and holds the plan against the tables before and after.
func (a *accounts) account(event int64, o RestoreOptions) {
	a.Helper()
	p, err := newPlan(a, event, o)
	if err != nil {
		a.refused(err, ErrNotInBin)
		return
	}
	var tags, groups []int64
	for _, i := range p.plan.Items {
		if i.Kind == crm.ObjectTag {
			tags = append(tags, i.ID)
		} else {
			groups = append(groups, i.ID)
		}
	}
	list := func(ids []int64) string {
		text := "0"
		for _, id := range ids {
			text += "," + itoa(id)
		}
		return text
	}
	scope := "tag_id IN (" + list(tags) + ") OR customer_id IN (" + list(p.chosen.customers) + ")"
	links := a.count("link", scope)
	grants := a.count("access_grant", "revoked_at = 0 AND (object_kind = 'tag' AND object_id IN ("+list(tags)+") OR object_kind = 'group' AND object_id IN ("+list(groups)+"))")
	const awake = "EXISTS (SELECT 1 FROM tag t WHERE t.id = link.tag_id AND t.deletion_id = 0) AND EXISTS (SELECT 1 FROM customer c WHERE c.id = link.customer_id AND c.deletion_id = 0)"
	before := a.count("link", "("+scope+") AND "+awake)

	r := a.restore(event, o)
	if got := r.Plan.Total["links"]; got != int64(links) || r.Plan.Sum("link", "") != got {
		a.Errorf("%d links in scope, %d verdicts: %v", links, got, r.Plan.Counts)
	}
	if got := r.Plan.Total["grants"]; got != int64(grants) {
		a.Errorf("%d grants in scope, %d verdicts: %v", grants, got, r.Plan.Counts)
	}
	for _, c := range r.Plan.Counts {
		if c.N < 0 {
			a.Errorf("fewer than none: %v", c)
		}
	}
	if woke := a.count("link", "("+scope+") AND "+awake+" AND run_id <> ?", -r.Event) - before; int64(woke) != r.Plan.Sum("link", crm.Relinked) {
		a.Errorf("%d links woke: %+v %v", woke, o, r.Plan.Counts)
	}
	if copied := a.count("link", "run_id = ? AND "+awake, -r.Event); copied > int(r.Plan.Sum("link", crm.Mapped)) {
		a.Errorf("%d links went to others: %+v %v", copied, o, r.Plan.Counts)
	}
	if n := a.count("link", `EXISTS (SELECT 1 FROM link o JOIN tag x ON x.id = o.tag_id JOIN tag t ON t.id = link.tag_id JOIN tag_group g ON g.id = t.group_id
		WHERE o.customer_id = link.customer_id AND o.staff_id = link.staff_id AND o.tag_id > link.tag_id AND x.group_id = t.group_id AND g.single_choice = 1
		AND x.deletion_id = 0 AND t.deletion_id = 0)`); n != 0 {
		a.Errorf("%d pairs have two choices: %+v %v", n, o, r.Plan.Counts)
	}
}

func newPlan(a *accounts, event int64, o RestoreOptions) (p *planner, err error) {
	a.read(func(tx *store.Tx) error {
		p, err = newPlanner(tx, event, o)
		return nil
	})
	return p, err
}

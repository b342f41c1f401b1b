package recycle

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/snapshot"
)

// Whatever happens after a snapshot, short of a change of people or a grant that
// is revoked, exact gives the state that it was taken of, and an undo the state
// from before.
func TestExactRestoreOfRandomHistories(t *testing.T) {
	each(t, func(t *testing.T, s *scene) {
		seed := rand.Uint64()
		h := &chronicle{scene: s, r: rand.New(rand.NewPCG(seed, 0))}
		for round := range 12 {
			h.done = nil
			h.some(8)
			src, want := s.take(), s.state()
			h.some(12)
			before := s.state()
			h.accounted(src, want.Counts)
			out := s.back(src, SnapshotOptions{Mode: ModeExact, AcceptWider: true})
			if got := s.state(); got.Exact != want.Exact {
				now := s.take()
				for _, table := range []string{"tag_group", "tag", "customer", "customer_staff", "link", "access_grant"} {
					was := rowsOf(s, src, table)
					for k, v := range rowsOf(s, now, table) {
						if was[k] != v {
							t.Logf("%s now %s", table, v)
						}
					}
					is := rowsOf(s, now, table)
					for k, v := range was {
						if is[k] != v {
							t.Logf("%s was %s", table, v)
						}
					}
				}
				t.Fatalf("seed %d, round %d: exact gives %+v, want %+v; told %v %v\nafter %v", seed, round, got.Counts, want.Counts, out.Counts, out.Open, h.done)
			}
			if h.r.IntN(3) == 0 {
				continue
			}
			undone := s.undo(out.Event)
			if got := s.state(); got.Exact != before.Exact {
				t.Fatalf("seed %d, round %d: undo gives %+v, want %+v; kept %v\nafter %v", seed, round, got.Counts, before.Counts, undone.Kept, h.done)
			}
		}
	})
}

// accounted demands that a restore that adds gives each link and grant that was
// awake then one verdict.
func (h *chronicle) accounted(src *snapshot.Source, want store.Counts) {
	for _, mode := range []Mode{ModeAdd, ModeUpdate} {
		out, err := RestoreSnapshot(h.Context(), h.db, h.dir, src, SnapshotOptions{Mode: mode, DryRun: true})
		if err != nil {
			h.Fatal(err)
		}
		for kind, n := range map[string]int64{"group": want.Groups, "tag": want.Tags, "customer": want.Customers, "link": want.Links, "grant": want.Grants} {
			sum := int64(0)
			for _, c := range out.Counts[kind] {
				sum += c
			}
			if sum != n {
				h.Fatalf("%s, %s: %d of %d have a verdict: %v %v\nafter %v", mode, kind, sum, n, out.Counts[kind], out.Plan.Counts, h.done)
			}
		}
	}
}

// chronicle does things at random.
type chronicle struct {
	*scene
	r    *rand.Rand
	done []string
}

func (h *chronicle) some(n int) {
	for range n {
		h.step()
		h.tick()
	}
}

// live picks a live thing of a table, 0 when there is none.
func (h *chronicle) live(table string) (id int64) {
	h.read(func(tx *store.Tx) error {
		var all []int64
		err := tx.Select(&all, "SELECT id FROM "+table+" WHERE deletion_id = 0 ORDER BY id")
		if len(all) > 0 {
			id = all[h.r.IntN(len(all))]
		}
		return err
	})
	return id
}

// try runs statements that may be refused: then nothing of them happens.
func (h *chronicle) try(query string, args ...any) {
	if slices.Contains(args, any(int64(0))) {
		return // there is no such thing just now
	}
	h.done = append(h.done, fmt.Sprint(query, args))
	err := h.db.InTx(h.Context(), nil, func(tx *store.Tx) error {
		_, err := tx.Exec(query, args...)
		return err
	})
	if err != nil && !errors.Is(err, store.ErrRefused) {
		h.Fatal(err)
	}
}

func (h *chronicle) name() string {
	return []string{"甲", "乙", "丙", "高意向", "VIP"}[h.r.IntN(5)]
}

func (h *chronicle) step() {
	now := h.clock.Now().UnixMilli()
	next := func(seq store.Sequence) (id int64) {
		h.write(func(tx *store.Tx) (err error) { id, err = tx.NextIDs(seq, 1); return err })
		return id
	}
	switch h.r.IntN(17) {
	case 15:
		h.try("UPDATE link SET tagged_at = ?, run_id = 7 WHERE customer_id = ? AND tag_id = ?", now, h.live("customer"), h.live("tag"))
	case 16:
		h.try("DELETE FROM access_grant WHERE object_kind = 'tag' AND object_id = ?", h.live("tag"))
		h.try("DELETE FROM access_grant WHERE object_kind = 'group' AND object_id = ?", h.live("tag_group"))
	case 13:
		id := h.live("tag")
		h.done = append(h.done, fmt.Sprint("lose tag ", id))
		h.lose(fmt.Sprint("DELETE FROM link WHERE tag_id = ", id), fmt.Sprint("DELETE FROM access_grant WHERE object_kind = 'tag' AND object_id = ", id), fmt.Sprint("DELETE FROM tag WHERE id = ", id))
	case 14:
		id := h.live("customer")
		h.done = append(h.done, fmt.Sprint("lose customer ", id))
		h.lose(fmt.Sprint("DELETE FROM link WHERE customer_id = ", id), fmt.Sprint("DELETE FROM customer_staff WHERE customer_id = ", id), fmt.Sprint("DELETE FROM customer WHERE id = ", id))
	case 0:
		h.try("INSERT INTO tag (id, group_id, name, sort, created_at, updated_at, version) VALUES (?, ?, ?, ?, ?, ?, 1)", next(store.SeqTag), h.live("tag_group"), h.name(), h.r.IntN(4), now, now)
	case 1:
		h.try("INSERT INTO tag_group (id, name, sort, created_at, updated_at, version) VALUES (?, ?, ?, ?, ?, 1)", next(store.SeqGroup), h.name(), h.r.IntN(4), now, now)
	case 2:
		h.try("INSERT INTO customer (id, external_id, name, created_at, updated_at, version) VALUES (?, ?, '新', ?, ?, 1)", next(store.SeqCustomer), fmt.Sprint("wm", h.r.IntN(25)), now, now)
	case 3, 4:
		h.try("INSERT INTO link (customer_id, tag_id, staff_id, tagged_at, tagged_by, run_id) VALUES (?, ?, ?, ?, 0, 0)", h.live("customer"), h.live("tag"), h.r.IntN(3), now)
	case 5:
		h.try("DELETE FROM link WHERE customer_id = ? AND tag_id = ?", h.live("customer"), h.live("tag"))
	case 6:
		h.try("UPDATE tag SET name = ?, version = version + 1 WHERE id = ?", h.name(), h.live("tag"))
		h.try("UPDATE tag_group SET name = ?, single_choice = 1 - single_choice, version = version + 1 WHERE id = ?", h.name(), h.live("tag_group"))
	case 7:
		h.try("UPDATE tag SET group_id = ?, sort = ? WHERE id = ?", h.live("tag_group"), h.r.IntN(4), h.live("tag"))
	case 8:
		h.try("UPDATE customer SET external_id = ?, version = version + 1 WHERE id = ?", fmt.Sprint("wm", h.r.IntN(25)), h.live("customer"))
		h.try("INSERT INTO customer_staff (customer_id, staff_id, created_at, updated_at) VALUES (?, ?, ?, ?)", h.live("customer"), h.r.IntN(5)+1, now, now)
		h.try("DELETE FROM customer_staff WHERE customer_id = ? AND staff_id = ?", h.live("customer"), h.r.IntN(5)+1)
	case 9:
		h.try("UPDATE customer SET remark = ?, updated_at = ? WHERE id = ?", h.name(), now, h.live("customer"))
	case 10:
		kind, id := crm.ObjectTag, h.live("tag")
		if h.r.IntN(2) == 0 {
			kind, id = crm.ObjectGroup, h.live("tag_group")
		}
		if id != 0 {
			h.done = append(h.done, fmt.Sprint("grant ", kind, id))
			h.give(crm.Grant{SubjectKind: crm.SubjectStaff, SubjectID: h.r.Int64N(5) + 1, ObjectKind: kind, ObjectID: id, Level: crm.LevelEdit})
		}
	case 11:
		h.delete()
	default:
		h.restoreSome()
	}
}

func (h *chronicle) delete() {
	var s Selection
	switch h.r.IntN(3) {
	case 0:
		s.Groups = []int64{h.live("tag_group")}
	case 1:
		s.Tags = []int64{h.live("tag"), h.live("tag")}
	default:
		s.Customers = []int64{h.live("customer"), h.live("customer"), h.live("customer")}
	}
	if id := append(append(s.Groups, s.Tags...), s.Customers...)[0]; id != 0 {
		h.done = append(h.done, fmt.Sprint("delete ", s))
		h.del(s)
	}
}

func (h *chronicle) restoreSome() {
	var events []crm.Deletion
	h.read(func(tx *store.Tx) (err error) { events, err = tx.Deletions(); return err })
	if len(events) == 0 {
		return
	}
	e := events[h.r.IntN(len(events))]
	policy := []Policy{Rename, Merge, Replace}[h.r.IntN(3)]
	h.done = append(h.done, fmt.Sprint("restore ", e.ID, policy))
	_, err := Restore(h.Context(), h.db, h.dir, e.ID, RestoreOptions{AcceptWider: true, OnConflict: policy})
	if err != nil && !errors.Is(err, ErrNotInBin) {
		h.Fatal(err, h.done)
	}
}

func rowsOf(s *scene, src *snapshot.Source, table string) map[string]string {
	out := make(map[string]string)
	err := src.Each(s.Context(), table, func(r snapshot.Row) error {
		if r.Int("deletion_id") == 0 && r.Int("revoked_at") == 0 {
			out[fmt.Sprint(r.Cells()...)] = fmt.Sprint(r.Cells()...)
		}
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	return out
}

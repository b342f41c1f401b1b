package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sort"

	"tagkeep/internal/crm"
)

// Counts are numbers of things per kind.
type Counts struct {
	Departments int64 `json:"departments"`
	Staff       int64 `json:"staff"`
	Groups      int64 `json:"groups"`
	Tags        int64 `json:"tags"`
	Customers   int64 `json:"customers"`
	Links       int64 `json:"links"`
	Grants      int64 `json:"grants"`
}

// State says what a database holds, independent of engine and physical order.
type State struct {
	// Hash is over what an admin sees: names, values, order, links, grants. It
	// survives an export and import.
	Hash string `json:"hash"`
	// Exact is over every column of every live row, ids, times and creators
	// included. It survives delete and restore, undo, snapshot and restore.
	Exact  string `json:"exact"`
	Counts Counts `json:"counts"`
	InBin  Counts `json:"in_bin"` // links and grants: those that sleep
}

// sum adds up row hashes modulo 2^256, so that their order does not matter.
type sum [4]uint64

func (s *sum) add(h [sha256.Size]byte) {
	var carry uint64
	for i := range s {
		s[i], carry = add64(s[i], binary.LittleEndian.Uint64(h[8*i:]), carry)
	}
}

func add64(a, b, carry uint64) (uint64, uint64) {
	s := a + b + carry
	return s, (a&b | (a|b)&^s) >> 63
}

func (s *sum) hex() string {
	var b [sha256.Size]byte
	for i, v := range s {
		binary.LittleEndian.PutUint64(b[8*i:], v)
	}
	return hex.EncodeToString(b[:])
}

// rowHash hashes a row of fields, each with its length before it so that no two
// rows look alike.
type rowHash struct{ buf []byte }

func (r *rowHash) reset(kind string) { r.buf = append(r.buf[:0], kind...) }
func (r *rowHash) text(ss ...string) {
	for _, s := range ss {
		r.buf = binary.AppendUvarint(r.buf, uint64(len(s)))
		r.buf = append(r.buf, s...)
	}
}
func (r *rowHash) bytes(b []byte) {
	r.buf = binary.AppendUvarint(r.buf, uint64(len(b)))
	r.buf = append(r.buf, b...)
}
func (r *rowHash) num(ns ...int64) {
	for _, n := range ns {
		r.buf = binary.AppendVarint(r.buf, n)
	}
}
func (r *rowHash) sum() [sha256.Size]byte { return sha256.Sum256(r.buf) }

// stater walks the database once for both hashes.
type stater struct {
	tx          *Tx
	out         State
	hash, exact sum
	row         rowHash

	paths   map[int64]string // departments
	userids map[int64]string
	groups  map[int64]crm.Group
	tags    map[int64]string // "group\x00tag" of the live tags
}

// State counts and hashes the database in one consistent view. Memory does not
// grow with the number of customers.
func (db *DB) State(ctx context.Context) (out State, err error) {
	err = db.View(ctx, func(tx *Tx) (err error) {
		out, err = tx.State()
		return err
	})
	return out, err
}

// State counts and hashes what the transaction sees. Use it in a View: a writing
// transaction need not see one state throughout.
func (tx *Tx) State() (State, error) {
	s := &stater{tx: tx}
	for _, step := range []func() error{s.departments, s.staff, s.tagLibrary, s.customers, s.grants} {
		err := step()
		if err == nil {
			err = tx.ctx.Err()
		}
		if err != nil {
			return State{}, fmt.Errorf("compute state: %w", err)
		}
	}
	s.out.Hash, s.out.Exact = s.hash.hex(), s.exact.hex()
	return s.out, nil
}

func (s *stater) departments() error {
	ds, err := s.tx.Departments()
	if err != nil {
		return err
	}
	s.paths = DepartmentPaths(ds)
	s.out.Counts.Departments = int64(len(ds))
	for _, d := range ds {
		s.row.reset("department")
		s.row.text(s.paths[d.ID])
		s.hash.add(s.row.sum())
		s.row.reset("department")
		s.row.num(d.ID, d.ParentID, d.Sort, d.GoneEvent, d.CreatedAt, d.CreatedBy, d.UpdatedAt, d.Version)
		s.row.text(d.Name, d.WecomID)
		s.exact.add(s.row.sum())
	}
	return nil
}

func (s *stater) staff() error {
	people, err := s.tx.Staff()
	if err != nil {
		return err
	}
	depts, err := s.tx.StaffDepartments()
	if err != nil {
		return err
	}
	s.userids = make(map[int64]string, len(people))
	for _, p := range people {
		s.userids[p.ID] = p.UserID
		if p.LeftID == 0 {
			s.out.Counts.Staff++
			names := make([]string, 0, len(depts[p.ID]))
			for _, d := range depts[p.ID] {
				names = append(names, s.paths[d])
			}
			sort.Strings(names)
			s.row.reset("staff")
			s.row.text(p.UserID, p.Name, p.Status, p.Role, s.paths[p.RoleDepartmentID])
			s.row.num(int64(bit(p.Contact)), int64(bit(p.Tagging)))
			s.row.text(names...)
			s.hash.add(s.row.sum())
		}
		s.row.reset("staff")
		s.row.num(p.ID, p.LeftID, p.RoleDepartmentID, int64(bit(p.Contact)), int64(bit(p.Tagging)), p.SameAs, p.CreatedAt, p.CreatedBy, p.UpdatedAt, p.Version)
		s.row.text(p.UserID, p.Name, p.Status, p.Role)
		s.row.num(depts[p.ID]...)
		s.exact.add(s.row.sum())
	}
	return nil
}

func (s *stater) tagLibrary() error {
	groups, err := s.tx.Groups(WithBin)
	if err != nil {
		return err
	}
	events, err := s.tx.Events()
	if err != nil {
		return err
	}
	s.groups = make(map[int64]crm.Group, len(groups))
	for _, g := range groups {
		s.groups[g.ID] = g
		if g.DeletionID != 0 {
			if events[g.DeletionID].State != crm.StatePurged { // such a group is there for its tags only
				s.out.InBin.Groups++
			}
			continue
		}
		s.out.Counts.Groups++
		s.row.reset("group")
		s.row.text(g.Name, g.Scope, s.paths[g.DepartmentID], g.WecomID)
		s.row.num(int64(bit(g.SingleChoice)), g.Sort)
		s.hash.add(s.row.sum())
		s.row.reset("group")
		s.row.num(g.ID, g.DepartmentID, int64(bit(g.SingleChoice)), g.Sort, g.CreatedAt, g.CreatedBy, g.UpdatedAt, g.Version)
		s.row.text(g.Name, g.Scope, g.Description, g.WecomID)
		s.exact.add(s.row.sum())
	}
	tags, err := s.tx.Tags(WithBin)
	if err != nil {
		return err
	}
	s.tags = make(map[int64]string, len(tags))
	for _, t := range tags {
		if t.DeletionID != 0 {
			s.out.InBin.Tags++
			continue
		}
		s.out.Counts.Tags++
		group := s.groups[t.GroupID].Name
		s.tags[t.ID] = group + "\x00" + t.Name
		s.row.reset("tag")
		s.row.text(group, t.Name, t.Description, t.ExpiresOn, t.WecomID)
		s.row.num(t.Sort)
		s.hash.add(s.row.sum())
		s.row.reset("tag")
		s.row.num(t.ID, t.GroupID, t.Sort, t.CreatedAt, t.CreatedBy, t.UpdatedAt, t.Version)
		s.row.text(t.Name, t.Description, t.ExpiresOn, t.WecomID)
		s.exact.add(s.row.sum())
	}
	return nil
}

// customers hashes one batch while the next is read.
func (s *stater) customers() error {
	batches, done := make(chan *CustomerBatch), make(chan struct{})
	go func() {
		defer close(done)
		for b := range batches {
			for i := range b.Customers {
				c := &b.Customers[i]
				s.customer(c, b.Follows[c.ID], b.Links[c.ID])
			}
		}
	}()
	defer func() { <-done }()
	defer close(batches)
	return s.tx.CustomerBatches(func(b *CustomerBatch) error {
		batches <- b
		return nil
	})
}

func (s *stater) customer(c *crm.Customer, follows []crm.Follow, links []crm.Link) {
	if c.DeletionID != 0 {
		s.out.InBin.Customers++
		s.out.InBin.Links += int64(len(links))
		return
	}
	s.out.Counts.Customers++
	s.row.reset("customer")
	s.row.num(c.ID, c.AddedAt, c.CreatedAt, c.CreatedBy, c.UpdatedAt, c.Version)
	s.row.text(c.ExternalID, c.UnionID, c.Mobile, c.Phones, c.Name, c.Company, c.Position, c.Gender, c.Birthday, c.Region, c.AddWay, c.Remark, c.Description)
	s.exact.add(s.row.sum())

	var pairs, tagged []string // what an admin sees, in an order that ids do not decide
	for _, f := range follows {
		s.row.reset("follow")
		s.row.num(f.CustomerID, f.StaffID, f.AddedAt, f.CreatedAt, f.CreatedBy, f.UpdatedAt, f.Version)
		s.row.text(f.Remark, f.Description, f.AddWay)
		s.exact.add(s.row.sum())
		s.row.reset("")
		s.row.text(s.userids[f.StaffID], f.Remark, f.Description, f.AddWay)
		s.row.num(f.AddedAt)
		pairs = append(pairs, string(s.row.buf))
	}
	for _, l := range links {
		name, live := s.tags[l.TagID]
		if !live {
			s.out.InBin.Links++
			continue
		}
		s.out.Counts.Links++
		s.row.reset("link")
		s.row.num(l.CustomerID, l.TagID, l.StaffID, l.TaggedAt, l.TaggedBy, l.RunID)
		s.exact.add(s.row.sum())
		tagged = append(tagged, s.userids[l.StaffID]+"\x00"+name)
	}
	sort.Strings(pairs)
	sort.Strings(tagged)
	s.row.reset("customer")
	s.row.text(c.ExternalID, c.UnionID, c.Mobile, c.Phones, c.Name, c.Company, c.Position, c.Gender, c.Birthday, c.Region, c.AddWay, c.Remark, c.Description)
	s.row.num(c.AddedAt, int64(len(pairs)))
	s.row.text(pairs...)
	s.row.text(tagged...)
	s.hash.add(s.row.sum())
}

type grantRow struct {
	ID          int64  `db:"id"`
	SubjectKind string `db:"subject_kind"`
	SubjectID   int64  `db:"subject_id"`
	SubjectRole string `db:"subject_role"`
	WithSub     int64  `db:"with_sub"`
	ObjectKind  string `db:"object_kind"`
	ObjectID    int64  `db:"object_id"`
	Level       string `db:"level"`
	StartsAt    int64  `db:"starts_at"`
	EndsAt      int64  `db:"ends_at"`
	Reason      string `db:"reason"`
	RequestID   int64  `db:"request_id"`
	EventID     int64  `db:"event_id"`
	CreatedAt   int64  `db:"created_at"`
	CreatedBy   int64  `db:"created_by"`
	Version     int64  `db:"version"`
}

// grants takes those that are not revoked; one whose object is in the bin
// sleeps.
func (s *stater) grants() error {
	for last := int64(0); ; {
		var gs []grantRow
		err := s.tx.Select(&gs, `SELECT id, subject_kind, subject_id, subject_role, with_sub, object_kind, object_id, level, starts_at, ends_at, reason,
			request_id, event_id, created_at, created_by, version FROM access_grant WHERE revoked_at = 0 AND id > ? ORDER BY id LIMIT ?`, last, batchCustomers)
		if err != nil || len(gs) == 0 {
			return err
		}
		last = gs[len(gs)-1].ID
		for _, g := range gs {
			s.grant(g)
		}
	}
}

func (s *stater) grant(g grantRow) {
	object, live := "", true
	switch g.ObjectKind {
	case "group":
		object, live = s.groups[g.ObjectID].Name, s.groups[g.ObjectID].DeletionID == 0
	case "tag":
		object, live = s.tags[g.ObjectID], s.tags[g.ObjectID] != ""
	}
	if !live {
		s.out.InBin.Grants++
		return
	}
	s.out.Counts.Grants++
	subject := g.SubjectRole
	switch g.SubjectKind {
	case "department":
		subject = s.paths[g.SubjectID]
	case "staff":
		subject = s.userids[g.SubjectID]
	}
	s.row.reset("grant")
	s.row.text(g.SubjectKind, subject, g.ObjectKind, object, g.Level, g.Reason)
	s.row.num(g.WithSub, g.EndsAt)
	if g.EndsAt != 0 {
		s.row.num(g.StartsAt)
	}
	s.hash.add(s.row.sum())
	s.row.reset("grant")
	s.row.num(g.ID, g.SubjectID, g.WithSub, g.ObjectID, g.StartsAt, g.EndsAt, g.RequestID, g.EventID, g.CreatedAt, g.CreatedBy, g.Version)
	s.row.text(g.SubjectKind, g.SubjectRole, g.ObjectKind, g.Level, g.Reason)
	s.exact.add(s.row.sum())
}

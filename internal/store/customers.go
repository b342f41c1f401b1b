package store

import (
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"tagkeep/internal/crm"
)

// Key columns of customers.
const (
	KeyExternalID = "external_id"
	KeyUnionID    = "unionid"
	KeyMobile     = "mobile"
)

const customerColumns = `id, COALESCE(external_id, '') AS external_id, COALESCE(unionid, '') AS unionid, COALESCE(mobile, '') AS mobile,
	phones, name, company, position, gender, birthday, region, add_way, added_at, remark, description, deletion_id, created_at, created_by, updated_at, version`

const linkColumns = "customer_id, tag_id, staff_id, tagged_at, tagged_by, run_id"

const followColumns = "customer_id, staff_id, remark, description, add_way, added_at, created_at, created_by, updated_at, version"

// CustomersByKey reads the customers, those in the bin too, that have one of
// the values in a key column. values must not be empty and fit in a chunk.
func (tx *Tx) CustomersByKey(column string, values []any, fn func(crm.Customer)) error {
	cond, args := tx.In(column, values)
	return tx.Each("SELECT "+customerColumns+" FROM customer WHERE "+cond, args, func(rows *sqlx.Rows) error {
		c, err := scanCustomer(rows)
		if err == nil {
			fn(c)
		}
		return err
	})
}

// scanCustomer scans by position: the reflection of StructScan is a good part
// of the time of a bulk read.
func scanCustomer(rows *sqlx.Rows) (c crm.Customer, err error) {
	err = rows.Scan(&c.ID, &c.ExternalID, &c.UnionID, &c.Mobile, &c.Phones, &c.Name, &c.Company, &c.Position, &c.Gender,
		&c.Birthday, &c.Region, &c.AddWay, &c.AddedAt, &c.Remark, &c.Description, &c.DeletionID, &c.CreatedAt, &c.CreatedBy, &c.UpdatedAt, &c.Version)
	return c, err
}

// FollowsOf reads who follows the customers with these ids.
func (tx *Tx) FollowsOf(customerIDs []any, fn func(crm.Follow)) error {
	cond, args := tx.In("customer_id", customerIDs)
	return tx.Each("SELECT "+followColumns+" FROM customer_staff WHERE "+cond, args, func(rows *sqlx.Rows) error {
		f, err := scanFollow(rows)
		if err == nil {
			fn(f)
		}
		return err
	})
}

func scanFollow(rows *sqlx.Rows) (f crm.Follow, err error) {
	err = rows.Scan(&f.CustomerID, &f.StaffID, &f.Remark, &f.Description, &f.AddWay, &f.AddedAt, &f.CreatedAt, &f.CreatedBy, &f.UpdatedAt, &f.Version)
	return f, err
}

// LinksOf reads the links, sleeping ones too, of the customers with these ids.
func (tx *Tx) LinksOf(customerIDs []any, fn func(crm.Link)) error {
	cond, args := tx.In("customer_id", customerIDs)
	return tx.Each("SELECT "+linkColumns+" FROM link WHERE "+cond, args, func(rows *sqlx.Rows) error {
		l, err := scanLink(rows)
		if err == nil {
			fn(l)
		}
		return err
	})
}

func scanLink(rows *sqlx.Rows) (l crm.Link, err error) {
	err = rows.Scan(&l.CustomerID, &l.TagID, &l.StaffID, &l.TaggedAt, &l.TaggedBy, &l.RunID)
	return l, err
}

// CustomerBatch is a range of customers with all that hangs on them.
type CustomerBatch struct {
	Customers []crm.Customer // by id, those in the bin too
	Follows   map[int64][]crm.Follow
	Links     map[int64][]crm.Link // sleeping ones too
}

// batchCustomers is how many customers are held at a time.
const batchCustomers = 2000

// CustomerBatches reads all customers, their followers and their links in
// alternating ranges of ids: a connection has one open cursor. Each batch is
// a new one, which fn may keep; fn may use tx.
func (tx *Tx) CustomerBatches(fn func(*CustomerBatch) error) error {
	for last := int64(0); ; {
		b := &CustomerBatch{Follows: make(map[int64][]crm.Follow), Links: make(map[int64][]crm.Link)}
		err := tx.Each("SELECT "+customerColumns+" FROM customer WHERE id > ? ORDER BY id LIMIT ?", []any{last, batchCustomers}, func(rows *sqlx.Rows) error {
			c, err := scanCustomer(rows)
			b.Customers = append(b.Customers, c)
			return err
		})
		if err != nil || len(b.Customers) == 0 {
			return err
		}
		span := []any{last + 1, b.Customers[len(b.Customers)-1].ID}
		last = b.Customers[len(b.Customers)-1].ID
		err = tx.Each("SELECT "+followColumns+" FROM customer_staff WHERE customer_id BETWEEN ? AND ?", span, func(rows *sqlx.Rows) error {
			f, err := scanFollow(rows)
			b.Follows[f.CustomerID] = append(b.Follows[f.CustomerID], f)
			return err
		})
		if err != nil {
			return err
		}
		err = tx.Each("SELECT "+linkColumns+" FROM link WHERE customer_id BETWEEN ? AND ?", span, func(rows *sqlx.Rows) error {
			l, err := scanLink(rows)
			b.Links[l.CustomerID] = append(b.Links[l.CustomerID], l)
			return err
		})
		if err != nil {
			return err
		}
		if err := fn(b); err != nil {
			return err
		}
	}
}

// CreateCustomers stores new customers under the ids they have.
func (tx *Tx) CreateCustomers(cs []crm.Customer) error {
	in := &insertion{table: "customer", columns: append(slices.Clone(customerCellColumns), "id"), n: len(cs),
		row: func(i int, cells []any) { _ = append(appendCells(cells[:0], &cs[i]), cs[i].ID) }}
	in.number("created_at", func(i int) int64 { return cs[i].CreatedAt })
	in.number("created_by", func(i int) int64 { return cs[i].CreatedBy })
	in.number("updated_at", func(i int) int64 { return cs[i].UpdatedAt })
	return tx.insert(in)
}

// UpdateCustomer writes the customer's cells and counts the version up.
func (tx *Tx) UpdateCustomer(c crm.Customer) error {
	return tx.one("update customer", "UPDATE customer SET "+strings.Join(customerCellColumns, " = ?, ")+" = ?, updated_at = ?, version = version + 1 WHERE id = ? AND deletion_id = 0",
		append(appendCells(nil, &c), tx.Now, c.ID)...)
}

// UpdateCustomers is UpdateCustomer for each of them in turn, in fewer
// statements. The same customer may come several times.
func (tx *Tx) UpdateCustomers(cs []crm.Customer) error {
	if !tx.db.d.remote || len(cs) < 2 {
		for i := range cs {
			if err := tx.UpdateCustomer(cs[i]); err != nil {
				return err
			}
		}
		return nil
	}
	places, times := lastOf(cs, func(c *crm.Customer) int64 { return c.ID })
	return overwrite(tx, &insertion{table: "customer", columns: slices.Concat([]string{"id"}, customerCellColumns, []string{"version"}), n: len(places),
		row: func(i int, cells []any) {
			c := &cs[places[i]]
			_ = append(appendCells(append(cells[:0], c.ID), c), times[i])
		}}, 1, true)
}

// customerCellColumns are the columns that an edit of a customer may change.
var customerCellColumns = []string{"external_id", "unionid", "mobile", "phones", "name", "company", "position", "gender",
	"birthday", "region", "add_way", "added_at", "remark", "description"}

func appendCells(to []any, c *crm.Customer) []any {
	return append(to, null(c.ExternalID), null(c.UnionID), null(c.Mobile), c.Phones, c.Name, c.Company, c.Position, c.Gender,
		c.Birthday, c.Region, c.AddWay, c.AddedAt, c.Remark, c.Description)
}

// CreateFollows stores new pairs.
func (tx *Tx) CreateFollows(fs []crm.Follow) error {
	in := &insertion{table: "customer_staff", columns: []string{"customer_id", "staff_id", "remark", "description", "add_way"}, n: len(fs),
		row: func(i int, cells []any) {
			f := &fs[i]
			_ = append(cells[:0], f.CustomerID, f.StaffID, f.Remark, f.Description, f.AddWay)
		}}
	in.number("added_at", func(i int) int64 { return fs[i].AddedAt })
	in.number("created_at", func(i int) int64 { return fs[i].CreatedAt })
	in.number("created_by", func(i int) int64 { return fs[i].CreatedBy })
	in.number("updated_at", func(i int) int64 { return fs[i].UpdatedAt })
	return tx.insert(in)
}

// UpdateFollow writes the pair's cells and counts its version up.
func (tx *Tx) UpdateFollow(f crm.Follow) error {
	return tx.one("update follow", "UPDATE customer_staff SET remark = ?, description = ?, add_way = ?, added_at = ?, updated_at = ?, version = version + 1 WHERE customer_id = ? AND staff_id = ?",
		f.Remark, f.Description, f.AddWay, f.AddedAt, tx.Now, f.CustomerID, f.StaffID)
}

// UpdateFollows is UpdateFollow for each of them in turn, in fewer statements.
// The same pair may come several times.
func (tx *Tx) UpdateFollows(fs []crm.Follow) error {
	if !tx.db.d.remote || len(fs) < 2 {
		for i := range fs {
			if err := tx.UpdateFollow(fs[i]); err != nil {
				return err
			}
		}
		return nil
	}
	places, times := lastOf(fs, func(f *crm.Follow) crm.Pair { return crm.Pair{CustomerID: f.CustomerID, StaffID: f.StaffID} })
	return overwrite(tx, &insertion{table: "customer_staff", n: len(places),
		columns: []string{"customer_id", "staff_id", "remark", "description", "add_way", "added_at", "version"},
		row: func(i int, cells []any) {
			f := &fs[places[i]]
			_ = append(cells[:0], f.CustomerID, f.StaffID, f.Remark, f.Description, f.AddWay, f.AddedAt, times[i])
		}}, 2, false)
}

// AddLinks stores links that are not there yet.
func (tx *Tx) AddLinks(ls []crm.Link) error {
	in := &insertion{table: "link", columns: []string{"customer_id", "tag_id", "staff_id"}, n: len(ls),
		row: func(i int, cells []any) { _ = append(cells[:0], ls[i].CustomerID, ls[i].TagID, ls[i].StaffID) }}
	in.number("tagged_at", func(i int) int64 { return ls[i].TaggedAt })
	in.number("tagged_by", func(i int) int64 { return ls[i].TaggedBy })
	in.number("run_id", func(i int) int64 { return ls[i].RunID })
	return tx.insert(in)
}

// RemoveLink removes one link. When it sleeps, deletionID names the event whose
// restore must know that it was removed on purpose.
func (tx *Tx) RemoveLink(l crm.Link, deletionID, byID, runID int64) error {
	err := tx.one("remove link", "DELETE FROM link WHERE customer_id = ? AND tag_id = ? AND staff_id = ?", l.CustomerID, l.TagID, l.StaffID)
	if err != nil || deletionID == 0 {
		return err
	}
	id, err := tx.NextIDs(SeqRemoval, 1)
	if err != nil {
		return err
	}
	return tx.Insert("sleeping_removal", []string{"id", "deletion_id", "kind", "customer_id", "tag_id", "staff_id", "at", "by_id", "run_id"},
		[][]any{{id, deletionID, "link", l.CustomerID, l.TagID, l.StaffID, tx.Now, byID, runID}})
}

// AnyCustomer reports whether there is a customer, live or in the bin.
func (tx *Tx) AnyCustomer() (bool, error) {
	var n int
	err := tx.Get(&n, "SELECT COUNT(*) FROM (SELECT id FROM customer LIMIT 1) AS one")
	return n > 0, err
}

// CountCustomers counts the live customers, and those of them that WeCom knows.
func (tx *Tx) CountCustomers() (all, known int64, err error) {
	if err = tx.Get(&all, "SELECT COUNT(*) FROM customer WHERE deletion_id = 0"); err != nil {
		return 0, 0, err
	}
	err = tx.Get(&known, "SELECT COUNT(*) FROM customer WHERE deletion_id = 0 AND external_id IS NOT NULL")
	return all, known, err
}

// null is the stored form of a key: NULL when absent, so that any number of
// customers may lack it.
func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

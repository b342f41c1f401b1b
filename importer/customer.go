package importer

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// customers plans rows of (customer, follower).
type customers struct {
	e *engine

	// What the database holds of the customers that the chunk's rows may mean,
	// kept as the chunk's earlier rows leave it.
	live    map[int64]*crm.Customer
	byKey   map[keyValue][]int64
	inBin   map[keyValue]int64 // deletion
	follows map[crm.Pair]*crm.Follow
	links   map[crm.Pair]map[int64]crm.Link // by tag, sleeping ones too
	// followers are those of the live customers, read where rights are asked.
	followers map[int64][]int64

	// What a dry run would have stored, as far as later rows can mean it.
	rehearsed *shelf[int64, packed]
	newHolder *shelf[keyValue, []int64]

	// What is to be written.
	newCustomers []crm.Customer
	updates      []crm.Customer
	newFollows   []crm.Follow
	followEdits  []crm.Follow
	newLinks     []crm.Link
	removals     []removal
	newGroups    []crm.Group
	newTags      []crm.Tag
	images       []store.Change

	scratch edit

	// For the guard against accidental removals: links that 覆盖 and 组内覆盖
	// would remove, and the live ones of all pairs in the file.
	replaced, pairLinks int64
}

// removal is a link to be removed; deletion names the event of a sleeping one.
type removal struct {
	link     crm.Link
	deletion int64
}

func newCustomers(e *engine) *customers {
	return &customers{e: e, rehearsed: newShelf[int64, packed](e.shelves), newHolder: newShelf[keyValue, []int64](e.shelves)}
}

// cell is a column of customers and the field that it fills. pair: it belongs
// to the (customer, follower) when the row names a follower.
type cell struct {
	column int
	pair   bool
	get    func(*crm.Customer) string
	put    func(*crm.Customer, string)
}

func textCell(column int, pair bool, field func(*crm.Customer) *string) cell {
	return cell{column, pair,
		func(c *crm.Customer) string { return *field(c) },
		func(c *crm.Customer, v string) { *field(c) = v }}
}

// ownCells are the columns of a customer.
var ownCells = []cell{
	textCell(table.CustExternalID, false, func(c *crm.Customer) *string { return &c.ExternalID }),
	textCell(table.CustUnionID, false, func(c *crm.Customer) *string { return &c.UnionID }),
	textCell(table.CustMobile, false, func(c *crm.Customer) *string { return &c.Mobile }),
	textCell(table.CustPhones, false, func(c *crm.Customer) *string { return &c.Phones }),
	textCell(table.CustName, false, func(c *crm.Customer) *string { return &c.Name }),
	textCell(table.CustCompany, false, func(c *crm.Customer) *string { return &c.Company }),
	textCell(table.CustPosition, false, func(c *crm.Customer) *string { return &c.Position }),
	textCell(table.CustGender, false, func(c *crm.Customer) *string { return &c.Gender }),
	textCell(table.CustBirthday, false, func(c *crm.Customer) *string { return &c.Birthday }),
	textCell(table.CustRegion, false, func(c *crm.Customer) *string { return &c.Region }),
	textCell(table.CustRemark, true, func(c *crm.Customer) *string { return &c.Remark }),
	textCell(table.CustDescription, true, func(c *crm.Customer) *string { return &c.Description }),
	textCell(table.CustAddWay, true, func(c *crm.Customer) *string { return &c.AddWay }),
	{table.CustAddedAt, true,
		func(c *crm.Customer) string { return millis(c.AddedAt) },
		func(c *crm.Customer, v string) { c.AddedAt = number(v) }},
}

// pairCells are those of ownCells that a follower keeps too.
var pairCells = []struct {
	column int
	get    func(*crm.Follow) string
	put    func(*crm.Follow, string)
}{
	{table.CustRemark, func(f *crm.Follow) string { return f.Remark }, func(f *crm.Follow, v string) { f.Remark = v }},
	{table.CustDescription, func(f *crm.Follow) string { return f.Description }, func(f *crm.Follow, v string) { f.Description = v }},
	{table.CustAddWay, func(f *crm.Follow) string { return f.AddWay }, func(f *crm.Follow, v string) { f.AddWay = v }},
	{table.CustAddedAt, func(f *crm.Follow) string { return millis(f.AddedAt) }, func(f *crm.Follow, v string) { f.AddedAt = number(v) }},
}

// ownColumns are the columns of ownCells as bits: those of rows without a
// follower, and those of rows with one.
var ownColumns, sharedColumns = func() (own, shared uint32) {
	for _, o := range ownCells {
		own |= 1 << o.column
		if !o.pair {
			shared |= 1 << o.column
		}
	}
	return own, shared
}()

func millis(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// number reads what the parser has checked already.
func number(v string) int64 {
	n, _ := strconv.ParseInt(v, 10, 64)
	return n
}

var keyColumns = [3]int{table.CustExternalID, table.CustUnionID, table.CustMobile}
var keyNames = [3]string{store.KeyExternalID, store.KeyUnionID, store.KeyMobile}

func keysOf(c *crm.Customer) [3]string { return [3]string{c.ExternalID, c.UnionID, c.Mobile} }

// fetch reads the customers that the rows can mean, and, where there are any,
// their followers and links.
func (c *customers) fetch(tx *store.Tx, rows []*row) error {
	c.live, c.byKey, c.inBin = make(map[int64]*crm.Customer), make(map[keyValue][]int64), make(map[keyValue]int64)
	c.follows, c.links = make(map[crm.Pair]*crm.Follow), make(map[crm.Pair]map[int64]crm.Link)
	c.followers = nil
	if c.e.rights != nil {
		c.followers = make(map[int64][]int64)
	}
	meant := make(map[int64]bool) // by rejected rows
	for k := range keyColumns {
		values := c.values(rows, k)
		if len(values) == 0 {
			continue
		}
		err := tx.CustomersByKey(keyNames[k], values, func(found crm.Customer) {
			kv := keyValue{k, keysOf(&found)[k]}
			if found.DeletionID != 0 {
				if c.e.names.events.Holds(found.DeletionID) {
					c.inBin[kv] = max(c.inBin[kv], found.DeletionID)
				}
				return
			}
			c.hold(&found)
		})
		if err != nil {
			return fmt.Errorf("find customers by %s: %w", keyNames[k], err)
		}
		for _, v := range values {
			c.holdRehearsed(keyValue{k, v.(string)}, meant)
		}
	}
	if err := c.fetchMeant(tx, meant); err != nil {
		return err
	}
	return c.fetchPairs(tx)
}

// decided reports whether a stronger key of the row has a holder who also has
// the row's value of key k: then it does not matter who else has that.
func (c *customers) decided(r *row, k int) bool {
	for stronger := range k {
		v := r.text(keyColumns[stronger])
		for _, id := range c.byKey[keyValue{stronger, v}] {
			if has := keysOf(c.live[id]); has[stronger] == v {
				return has[k] == r.text(keyColumns[k])
			}
		}
	}
	return false
}

// hold takes a live customer in, in place of what is known of it.
func (c *customers) hold(cu *crm.Customer) {
	c.live[cu.ID] = cu
	for k, v := range keysOf(cu) {
		if kv := (keyValue{k, v}); v != "" && !slices.Contains(c.byKey[kv], cu.ID) {
			c.byKey[kv] = append(c.byKey[kv], cu.ID)
		}
	}
}

// holdRehearsed takes in whom an earlier row of a dry run gave a key, and
// collects whom earlier rows that were rejected mean by it.
func (c *customers) holdRehearsed(kv keyValue, meant map[int64]bool) {
	for _, id := range c.newHolder.get(kv) {
		c.hold(c.rehearsed.get(id).customer(id))
	}
	for _, id := range c.e.claims.meant(kv) {
		if id > 0 {
			meant[id] = true
		}
	}
}

// fetchMeant reads customers by id, and puts those that a dry run has changed in
// the place of what the database holds of them.
func (c *customers) fetchMeant(tx *store.Tx, meant map[int64]bool) error {
	var missing []any
	for id := range meant {
		if c.live[id] == nil && c.rehearsed.get(id) == "" {
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 {
		err := tx.CustomersByKey("id", missing, func(found crm.Customer) {
			if found.DeletionID == 0 {
				c.hold(&found)
			}
		})
		if err != nil {
			return fmt.Errorf("find customers by id: %w", err)
		}
	}
	if !c.e.dry {
		return nil
	}
	for _, id := range append(slices.Collect(maps.Keys(c.live)), slices.Collect(maps.Keys(meant))...) {
		if p := c.rehearsed.get(id); p != "" {
			c.hold(p.customer(id))
		}
	}
	return nil
}

func (c *customers) fetchPairs(tx *store.Tx) error {
	if len(c.live) == 0 {
		return nil
	}
	ids := make([]any, 0, len(c.live))
	for id := range c.live {
		ids = append(ids, id)
	}
	err := tx.FollowsOf(ids, func(f crm.Follow) {
		c.follows[crm.Pair{CustomerID: f.CustomerID, StaffID: f.StaffID}] = &f
		if c.e.rights != nil {
			c.followers[f.CustomerID] = append(c.followers[f.CustomerID], f.StaffID)
		}
	})
	if err != nil {
		return fmt.Errorf("read followers: %w", err)
	}
	err = tx.LinksOf(ids, func(l crm.Link) {
		p := crm.Pair{CustomerID: l.CustomerID, StaffID: l.StaffID}
		if c.links[p] == nil {
			c.links[p] = make(map[int64]crm.Link)
		}
		c.links[p][l.TagID] = l
	})
	if err != nil {
		return fmt.Errorf("read links: %w", err)
	}
	return nil
}

// values are those of key k in the rows, each once, that somebody in the
// database can have.
func (c *customers) values(rows []*row, k int) []any {
	var out []any
	had := make(map[string]bool)
	for _, r := range rows {
		v := r.text(keyColumns[k])
		if v == "" || had[v] || c.e.empty && !r.meets[k] || c.decided(r, k) {
			continue
		}
		had[v] = true
		out = append(out, v)
	}
	return out
}

// plan decides one row. All its errors are found before it is rejected.
func (c *customers) plan(r *row) {
	staff, known := c.follower(r)
	who, identified := c.identify(r)
	tags := c.resolveTags(r)
	if identified && !c.mayTouch(r, who) {
		identified = false
	}
	if !identified {
		if r.rec.Prior != "" {
			r.problem(-1, crm.Problem{Code: r.rec.Prior}) // kept until the row can be compared again
		}
		r.outcome = rejected
		return
	}
	e := c.edit(r, who, staff)
	if known && !who.alone {
		c.compare(r, e)
	}
	if known && (who.fresh || e.newPair) {
		c.checkFollower(r, staff)
	}
	if !c.settled(r, who) && known && !r.has(crm.UnterminatedQuote) {
		e.planLinks(r, tags)
	}
	if known && r.outcome == undecided {
		e.refusePrior(r)
		c.checkPairLimit(r, tags, e.have, e.links)
	}
	switch {
	case !known || r.rec.Failed():
		r.outcome = rejected
	case r.outcome == undecided:
		e.accept(r)
		return
	}
	if !who.alone && !r.has(crm.DupInFile) { // a duplicate says nothing that counts
		c.leave(r, who)
		if known {
			c.e.claims.first(pair(who.claim, staff), r.rec.Row)
		}
	}
}

// follower is the person of 跟进员工, 0 where the cell is blank; not known where
// nobody can be found.
func (c *customers) follower(r *row) (staff int64, known bool) {
	if !r.set(table.CustFollower) {
		return 0, !r.bad(table.CustFollower)
	}
	p, problem := c.e.names.person(r.text(table.CustFollower))
	if problem != nil {
		r.problem(table.CustFollower, *problem)
		return 0, false
	}
	return p.ID, true
}

// compare finds the earlier row that reached the same (customer, follower), or
// those that say something else about the customer. A duplicate, also one that
// comes back, contradicts nobody but its twin.
func (c *customers) compare(r *row, e *edit) {
	who, staff := e.who, e.staff
	if first := c.e.claims.row(pair(who.claim, staff)); first != 0 {
		r.problem(who.by, crm.Problem{Code: crm.DupInFile, Related: first})
		return
	}
	if r.rec.Prior == crm.DupInFile && e.live() {
		return
	}
	for _, o := range ownCells {
		v, asked := r.asks(o.column)
		if !asked || o.pair && staff != 0 {
			continue
		}
		if other := c.e.claims.contradicted(who.claim, o.column, v); other != 0 {
			r.problem(o.column, crm.Problem{Code: crm.ConflictUpdate, Related: other, Args: []string{c.header(r, o.column)}})
		}
	}
}

func (c *customers) header(r *row, column int) string {
	if i := r.rec.Values[column].Column; i >= 0 && i < len(c.e.headers) {
		return c.e.headers[i]
	}
	return c.e.columns[column].Header
}

// settled decides the rows that are left alone or refused because of what was
// there before the run. It reports true for a row with errors too that will be
// left alone once these are mended.
func (c *customers) settled(r *row, who identity) bool {
	before := !who.fresh && !c.e.owns(store.SeqCustomer, who.id)
	switch {
	case before && c.e.opts.Existing == SkipExisting, who.fresh && c.e.opts.OnlyExisting:
		if !r.rec.Failed() {
			r.outcome = skipped
		}
		return true
	case before && c.e.opts.Existing == RejectExisting:
		r.problem(who.by, crm.Problem{Code: crm.DupInDB, Args: []string{r.text(who.by)}})
		return true
	}
	return false
}

// leave records what later rows must know of a row that is not stored: whom its
// keys mean and what it says about the customer.
func (c *customers) leave(r *row, who identity) {
	for k, column := range keyColumns {
		v := who.keys[k]
		stored := c.live[who.id] != nil && keysOf(c.live[who.id])[k] == v
		if v != "" && !stored && !r.bad(column) {
			c.e.claims.mean(who.claim, keyValue{k, v})
		}
	}
	c.remember(r, who.claim)
}

// remember keeps what the row says about the customer itself.
func (c *customers) remember(r *row, claim int64) {
	columns := ownColumns
	if r.set(table.CustFollower) || r.bad(table.CustFollower) {
		columns = sharedColumns
	}
	c.e.claims.say(claim, r.rec.Row, columns, r.says)
}

// forget drops what the chunk has gathered.
func (c *customers) forget() {
	c.newCustomers, c.updates = c.newCustomers[:0], c.updates[:0]
	c.newFollows, c.followEdits = c.newFollows[:0], c.followEdits[:0]
	c.newLinks, c.removals = c.newLinks[:0], c.removals[:0]
	c.newGroups, c.newTags, c.images = c.newGroups[:0], c.newTags[:0], c.images[:0]
}

package importer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/bits"
	"slices"
	"strings"
)

// claims remember what earlier rows of the file have to say to later ones and
// the database cannot tell: which row was the first to reach a (customer,
// follower), or another kind's row key; what it said about the customer, or the
// tag group; and whom the keys of rejected rows mean.
//
// Everything is an event. Those since the last commit can be taken back, when
// the database refuses a chunk, and are stored with the rows that made them, so
// that a run that goes on where another one stopped knows what that one knew.
type claims struct {
	shelves *shelves
	rows    *shelf[claim, int32]
	said    *shelf[int64, []statement]
	means   *shelf[keyValue, []int64] // whom the keys of rejected rows mean
	keys    *shelf[int64, [3]string]  // and these keys by whom they mean
	became  *shelf[int64, int64]      // stand-in -> the customer in its place
	stands  *shelf[int64, int64]      // customer -> the stand-in it took the place of
	log     []event
}

// claim is a (customer, follower), or the digest of another kind's row key.
type claim struct {
	A uint64 `json:"a,omitempty"`
	B uint64 `json:"b,omitempty"`
}

// keyValue is one key of a customer: 0 客户ID, 1 unionid, 2 手机号.
type keyValue struct {
	Key   int    `json:"k,omitempty"`
	Value string `json:"v,omitempty"`
}

// statement is what a row said in cells that all rows of a customer, or of a
// tag group, share: its columns as bits, and a digest for each.
type statement struct {
	Row     int32    `json:"r,omitempty"`
	Columns uint32   `json:"c,omitempty"`
	Digests []uint32 `json:"d,omitempty"`
}

// event is one thing that was remembered; which one, the fields that are set
// tell.
type event struct {
	Row    int32      `json:"r,omitempty"`
	ID     int64      `json:"i,omitempty"` // of the customer, stand-in or group
	Claim  *claim     `json:"p,omitempty"`
	Said   *statement `json:"s,omitempty"`
	Means  *keyValue  `json:"m,omitempty"`
	Became int64      `json:"b,omitempty"`
}

func newClaims(s *shelves) *claims {
	return &claims{shelves: s, rows: newShelf[claim, int32](s), said: newShelf[int64, []statement](s), means: newShelf[keyValue, []int64](s),
		keys: newShelf[int64, [3]string](s), became: newShelf[int64, int64](s), stands: newShelf[int64, int64](s)}
}

// mark is a point to come back to.
func (c *claims) mark() int { return len(c.log) }

// back takes back everything since mark.
func (c *claims) back(mark int) {
	for i := len(c.log) - 1; i >= mark; i-- {
		c.undo(&c.log[i])
	}
	c.log = c.log[:mark]
}

// keep makes everything so far final.
func (c *claims) keep() {
	c.log = c.log[:0]
	c.shelves.tidy()
}

func (c *claims) add(e event) {
	c.apply(&e)
	c.log = append(c.log, e)
}

func (c *claims) apply(e *event) {
	switch {
	case e.Claim != nil:
		c.rows.set(*e.Claim, e.Row)
	case e.Said != nil:
		c.said.set(e.ID, append(c.said.get(e.ID), *e.Said))
	case e.Means != nil:
		c.means.set(*e.Means, append(c.means.get(*e.Means), e.ID))
		c.setKey(e.ID, e.Means.Key, e.Means.Value)
	default:
		c.became.set(e.ID, e.Became)
		c.stands.set(e.Became, e.ID)
	}
}

// undo takes back the last event.
func (c *claims) undo(e *event) {
	switch {
	case e.Claim != nil:
		c.rows.drop(*e.Claim)
	case e.Said != nil:
		said := c.said.get(e.ID)
		c.said.set(e.ID, said[:len(said)-1])
	case e.Means != nil:
		means := c.means.get(*e.Means)
		c.means.set(*e.Means, means[:len(means)-1])
		c.setKey(e.ID, e.Means.Key, "")
	default:
		c.became.drop(e.ID)
		c.stands.drop(e.Became)
	}
}

func (c *claims) setKey(id int64, key int, value string) {
	keys := c.keys.get(id)
	keys[key] = value
	c.keys.set(id, keys)
}

// eventsPerPiece bounds the stored text of one piece to about a megabyte.
const eventsPerPiece = 4000

// pieces are the events since the last keep as they are stored.
func (c *claims) pieces() ([]string, error) {
	var out []string
	for events := range slices.Chunk(c.log, eventsPerPiece) {
		b, err := json.Marshal(events)
		if err != nil {
			return nil, fmt.Errorf("encode claims: %w", err)
		}
		out = append(out, string(b))
	}
	return out, nil
}

// load takes in a stored piece.
func (c *claims) load(piece string) error {
	var events []event
	if err := json.Unmarshal([]byte(piece), &events); err != nil {
		return fmt.Errorf("decode claims: %w", err)
	}
	for i := range events {
		c.apply(&events[i])
	}
	return c.shelves.tidy()
}

// first claims p for row and returns the row that claimed it before, or 0.
func (c *claims) first(p claim, row int) int {
	before := c.row(p)
	if before == 0 {
		c.add(event{Row: int32(row), Claim: &p})
	}
	return before
}

// row is the row that has claimed p, 0 for none.
func (c *claims) row(p claim) int { return int(c.rows.get(p)) }

// pair is the claim of a (customer, follower).
func pair(customer, staff int64) claim { return claim{uint64(customer), uint64(staff)} }

// named is the claim of a row key made of names.
func named(parts ...string) claim {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	sum := h.Sum(nil)
	return claim{binary.BigEndian.Uint64(sum), binary.BigEndian.Uint64(sum[8:])}
}

// contradicted returns the row that said something else in a column, 0 for
// none.
func (c *claims) contradicted(id int64, column int, value string) int {
	for _, s := range c.said.get(id) {
		if s.Columns&(1<<column) == 0 {
			continue
		}
		if s.digest(column) != cellDigest(value) {
			return int(s.Row)
		}
		return 0
	}
	return 0
}

// digest is that of a column that the statement has.
func (s *statement) digest(column int) uint32 {
	return s.Digests[bits.OnesCount32(s.Columns&(1<<column-1))]
}

func cellDigest(value string) uint32 {
	h := fnv.New64a()
	h.Write([]byte(value))
	sum := h.Sum64()
	return uint32(sum ^ sum>>32)
}

// say remembers what a row said in the columns of the mask. What an earlier row
// said in a column stands.
func (c *claims) say(id int64, row int, columns uint32, asks func(column int) (string, bool)) {
	for _, earlier := range c.said.get(id) {
		columns &^= earlier.Columns
	}
	s := statement{Row: int32(row)}
	for column := range bits.Len32(columns) {
		if columns&(1<<column) == 0 {
			continue
		}
		if v, asked := asks(column); asked {
			s.Columns |= 1 << column
			s.Digests = append(s.Digests, cellDigest(v))
		}
	}
	if s.Columns != 0 {
		c.add(event{ID: id, Said: &s})
	}
}

// meant are the customers, or stand-ins, that rejected rows mean by a key.
func (c *claims) meant(k keyValue) []int64 {
	var out []int64
	for _, id := range c.means.get(k) {
		if now := c.became.get(id); now != 0 {
			id = now
		}
		out = append(out, id)
	}
	return out
}

// keysOf are the keys by which rejected rows mean a customer or stand-in.
func (c *claims) keysOf(id int64) [3]string { return c.keys.get(c.of(id)) }

// of is the id under which the claims on a customer stand.
func (c *claims) of(id int64) int64 {
	if s := c.stands.get(id); s != 0 {
		return s
	}
	return id
}

// mean remembers that a rejected row means id by a key.
func (c *claims) mean(id int64, k keyValue) {
	if c.keys.get(id)[k.Key] == "" {
		k.Value = strings.Clone(k.Value)
		c.add(event{ID: id, Means: &k})
	}
}

// become puts a customer that is created in the place of a stand-in.
func (c *claims) become(standIn, id int64) { c.add(event{ID: standIn, Became: id}) }

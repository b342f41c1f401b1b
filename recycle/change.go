package recycle

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// change is one thing that an event did to rows, in a form that can be turned
// round. Exactly one of its parts is set.
type change struct {
	Bin    *binChange  `json:"bin,omitempty"`
	Row    *rowChange  `json:"row,omitempty"`
	Links  *linkChange `json:"links,omitempty"`
	Swap   *swapChange `json:"swap,omitempty"`
	Copied *copyChange `json:"copied,omitempty"`
	Places *places     `json:"places,omitempty"`
	Note   *Note       `json:"note,omitempty"`
}

// binChange moved things between the bin and the living: From and To are events,
// 0 = live.
type binChange struct {
	Kind string `json:"kind"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
	IDs  ids    `json:"ids"`
}

// rowChange made a row another one; a nil image is a row that is not there.
type rowChange struct {
	Table  string      `json:"table"`
	Key    []int64     `json:"key"`
	Before store.Image `json:"before"`
	After  store.Image `json:"after"`
}

// linkChange added links or took them away.
type linkChange struct {
	Added   []crm.Link `json:"added,omitempty"`
	Removed []crm.Link `json:"removed,omitempty"`
}

// swapChange put links in the place of others of the same customer, tag and
// member, one by one.
type swapChange struct {
	Before []crm.Link `json:"before"`
	After  []crm.Link `json:"after"`
}

// copyChange gave tag To the links of tag From that it had not got, which carry
// the event's mark.
type copyChange struct {
	From, To, Event int64
	// With are further tags that it took links of, for a merge of several.
	With ids `json:",omitempty"`
	// Undone: it took them away again.
	Undone bool `json:",omitempty"`
}

// maxLinks is how many links stand in one change.
const maxLinks = 2000

// maxRanges is how many ids stand in one change.
const maxRanges = 20000

// ids are ascending ids, written as ranges: "1-500,507".
type ids []int64

func (l ids) MarshalText() ([]byte, error) {
	var b strings.Builder
	for i := 0; i < len(l); {
		j := i
		for j+1 < len(l) && l[j+1] == l[j]+1 {
			j++
		}
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(l[i], 10))
		if j > i {
			b.WriteByte('-')
			b.WriteString(strconv.FormatInt(l[j], 10))
		}
		i = j + 1
	}
	return []byte(b.String()), nil
}

func (l *ids) UnmarshalText(text []byte) error {
	*l = nil
	if len(text) == 0 {
		return nil
	}
	for part := range strings.SplitSeq(string(text), ",") {
		low, high, isRange := strings.Cut(part, "-")
		first, err := strconv.ParseInt(low, 10, 64)
		last := first
		if err == nil && isRange {
			last, err = strconv.ParseInt(high, 10, 64)
		}
		if err != nil || last < first {
			return fmt.Errorf("ids %q: not a range", part)
		}
		for id := first; id <= last; id++ {
			*l = append(*l, id)
		}
	}
	return nil
}

// journal writes what an event does, as it does it.
type journal struct {
	tx      *store.Tx
	event   int64
	seq     int64
	receipt store.Receipt // for what goes into the bin
}

func (j *journal) write(c change) error {
	body, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("keep a change of event %d: %w", j.event, err)
	}
	j.seq++
	return j.tx.SaveEventChanges(j.event, j.seq, []string{string(body)})
}

// bin moves things in, out of, or within the bin. All of them must be there.
func (j *journal) bin(kind string, from, to int64, list []int64) error {
	for len(list) > 0 && from != to {
		n := min(len(list), maxRanges)
		if err := j.binSome(kind, from, to, list[:n]); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

func (j *journal) binSome(kind string, from, to int64, list []int64) (err error) {
	var n int64
	switch {
	case from == 0:
		n, err = j.tx.Bury(j.receipt, to, kind, list)
	case to == 0:
		n, err = j.tx.Raise(from, kind, list)
	default:
		n, err = j.tx.Rebury(from, to, kind, list)
	}
	if err != nil {
		return err
	}
	if n != int64(len(list)) {
		return fmt.Errorf("%d of %d %ss: %w", n, len(list), kind, ErrChanged)
	}
	return j.write(change{Bin: &binChange{kind, from, to, list}})
}

// row makes a row what after says; nil removes it.
func (j *journal) row(table string, key []int64, after store.Image) error {
	before, err := j.tx.ImageOf(store.TableNamed(table), key...)
	if err != nil {
		return err
	}
	return j.turn(table, key, before, after)
}

// turn makes a row that reads before what after says.
func (j *journal) turn(table string, key []int64, before, after store.Image) (err error) {
	if before.Equal(after) {
		return nil
	}
	t := store.TableNamed(table)
	if after == nil {
		err = j.tx.DropImage(t, key...)
	} else {
		err = j.tx.PutImage(j.receipt, t, after)
	}
	if err != nil {
		return err
	}
	return j.write(change{Row: &rowChange{table, key, before, after}})
}

// edit sets cells of a row that is there.
func (j *journal) edit(table string, id int64, set map[string]string) error {
	t := store.TableNamed(table)
	before, err := j.tx.ImageOf(t, id)
	if err != nil {
		return err
	}
	if before == nil {
		return fmt.Errorf("%s %d: %w", table, id, ErrChanged)
	}
	after := append(store.Image{}, before...)
	for column, text := range set {
		after[t.At(column)] = &text
	}
	return j.turn(table, []int64{id}, before, after)
}

// addLinks adds links that are not there yet.
func (j *journal) addLinks(list []crm.Link) error {
	for len(list) > 0 {
		n := min(len(list), maxLinks)
		if err := j.tx.AddLinks(list[:n]); err != nil {
			return err
		}
		if err := j.write(change{Links: &linkChange{Added: list[:n]}}); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// dropLinks removes links that are there.
func (j *journal) dropLinks(list []crm.Link) error {
	for len(list) > 0 {
		n := min(len(list), maxLinks)
		for _, l := range list[:n] {
			if err := j.tx.RemoveLink(l, 0, 0, 0); err != nil {
				return err
			}
		}
		if err := j.write(change{Links: &linkChange{Removed: list[:n]}}); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// swapLinks puts links in the place of others of the same key.
func (j *journal) swapLinks(before, after []crm.Link) error {
	for len(before) > 0 {
		n := min(len(before), maxLinks/2)
		for _, l := range before[:n] {
			if err := j.tx.RemoveLink(l, 0, 0, 0); err != nil {
				return err
			}
		}
		if err := j.tx.AddLinks(after[:n]); err != nil {
			return err
		}
		if err := j.write(change{Swap: &swapChange{Before: before[:n], After: after[:n]}}); err != nil {
			return err
		}
		before, after = before[n:], after[n:]
	}
	return nil
}

// copyLinks gives a tag the links of others that it has not got.
func (j *journal) copyLinks(from []int64, to int64) (int64, error) {
	n, err := j.tx.CopyLinksOfAll(from, to, j.event)
	if err != nil || n == 0 {
		return n, err
	}
	return n, j.write(change{Copied: &copyChange{From: from[0], With: from[1:], To: to, Event: j.event}})
}

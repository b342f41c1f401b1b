package importer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
	"tagkeep/internal/table"
)

// tagLibrary plans rows of (tag group, tag). A row without a tag is about its
// group alone.
type tagLibrary struct {
	e          *engine
	newGroups  []crm.Group
	groupEdits []crm.Group
	newTags    []crm.Tag
	tagEdits   []crm.Tag
	images     []store.Change
}

// groupCells are the columns that every row of a group may repeat.
var groupCells = []int{table.TagScope, table.TagDepartment, table.TagGroupSort, table.TagSingle, table.TagGroupWecomID}

// groupColumns are the same as bits.
var groupColumns = func() (mask uint32) {
	for _, column := range groupCells {
		mask |= 1 << column
	}
	return mask
}()

// tagRow is what a row of the tags sheet names.
type tagRow struct {
	group, tag string
	g          *crm.Group // nil: to be created
	t          *crm.Tag   // likewise
	department int64
	claim      int64 // under which the claims on the group stand

	// What the row makes of them.
	newGroup     crm.Group
	newTag       crm.Tag
	groupChanges []cellChange
	tagChanges   []cellChange
}

// by is the column that the row is found by.
func (w *tagRow) by() int {
	if w.tag == "" {
		return table.TagGroup
	}
	return table.TagName
}

// live reports whether the tag, or the group of a row without one, is there
// already.
func (w *tagRow) live() bool { return w.t != nil || w.tag == "" && w.g != nil }

// fetch has nothing to read: all tags are in the names.
func (l *tagLibrary) fetch(*store.Tx, []*row) error { return nil }

func (l *tagLibrary) plan(r *row) {
	if !r.set(table.TagGroup) {
		r.outcome = rejected // the parser has said why
		return
	}
	w := l.find(r)
	if !r.bad(table.TagName) {
		l.compare(r, &w)
	}
	w.department = l.department(r)
	if !r.bad(table.TagName) && !r.has(crm.UnterminatedQuote) && !l.settled(r, &w) {
		l.checkBin(r, &w)
		l.checkLimit(r, &w)
	}
	if r.outcome == undecided {
		l.edit(r, &w)
		l.checkRights(r, &w)
		l.refusePrior(r, &w)
	}
	switch {
	case r.rec.Failed():
		r.outcome = rejected
	case r.outcome == undecided:
		l.accept(r, &w)
	}
	if !r.has(crm.DupInFile) { // a duplicate says nothing that counts
		l.e.claims.say(w.claim, r.rec.Row, groupColumns, r.says)
	}
}

func (l *tagLibrary) find(r *row) tagRow {
	w := tagRow{group: r.text(table.TagGroup), tag: r.text(table.TagName)}
	digest := named("group", w.group)
	w.claim = int64(digest.A)
	w.g = l.e.names.groups[w.group]
	if w.tag != "" {
		w.t = l.e.names.tag(w.group, w.tag)
	}
	return w
}

// compare finds the earlier row with the same key, or those that say something
// else about the group. A duplicate, also one that comes back, contradicts nobody
// but its twin.
func (l *tagLibrary) compare(r *row, w *tagRow) {
	if first := l.e.claims.first(named("tag", w.group, w.tag), r.rec.Row); first != 0 {
		r.problem(w.by(), crm.Problem{Code: crm.DupInFile, Related: first})
		return
	}
	if r.rec.Prior == crm.DupInFile && w.live() {
		return
	}
	for _, column := range groupCells {
		v, asked := r.asks(column)
		if !asked {
			continue
		}
		if other := l.e.claims.contradicted(w.claim, column, v); other != 0 {
			r.problem(column, crm.Problem{Code: crm.ConflictUpdate, Related: other, Args: []string{l.e.columns[column].Header}})
		}
	}
}

func (l *tagLibrary) department(r *row) int64 {
	if !r.set(table.TagDepartment) {
		return 0
	}
	path := r.text(table.TagDepartment)
	id, ok := l.e.names.departments[path]
	if !ok {
		r.problem(table.TagDepartment, crm.Problem{Code: crm.UnknownDepartment, Args: []string{path, l.e.names.nearestDepartment(path)}})
	}
	return id
}

// checkBin tells about names that are in the bin: they are created anew.
func (l *tagLibrary) checkBin(r *row, w *tagRow) {
	n := &l.e.names
	in, column, code, label := int64(0), table.TagGroup, crm.GroupInBin, w.group
	if d := n.binGroups[w.group]; w.g == nil && len(d) > 0 {
		in = slices.Max(d)
	} else if t := n.binTags[tagName{w.group, w.tag}]; w.t == nil && w.tag != "" && len(t) > 0 {
		in, column, code, label = lastDeletion(t), table.TagName, crm.TagInBin, written(w.group, w.tag)
	}
	switch {
	case in == 0, r.rec.Failed() && !l.e.opts.RejectInBin:
	case l.e.opts.RejectInBin:
		r.problem(column, crm.Problem{Code: code, Args: []string{label, n.events.Label(in)}})
	default:
		r.problem(column, crm.Problem{Code: crm.InBin, Warn: true, Args: []string{label, n.events.Label(in)}})
	}
}

// settled decides the rows that are left alone or refused because of what was
// there before the run. It reports true for a row with errors too that will be
// left alone once these are mended.
func (l *tagLibrary) settled(r *row, w *tagRow) bool {
	there, before := w.t != nil, w.t != nil && !l.e.owns(store.SeqTag, w.t.ID)
	if w.tag == "" {
		there, before = w.g != nil, w.g != nil && !l.e.owns(store.SeqGroup, w.g.ID)
	}
	switch {
	case before && l.e.opts.Existing == SkipExisting, !there && l.e.opts.OnlyExisting:
		if !r.rec.Failed() {
			r.outcome = skipped
		}
		return true
	case before && l.e.opts.Existing == RejectExisting:
		r.problem(w.by(), crm.Problem{Code: crm.DupInDB, Args: []string{r.text(w.by())}})
		return true
	}
	return false
}

func (l *tagLibrary) checkLimit(r *row, w *tagRow) {
	if w.t == nil && w.tag != "" && l.e.names.liveTags >= crm.MaxTags {
		r.problem(table.TagName, crm.Problem{Code: crm.LimitReached, Args: []string{strconv.Itoa(crm.MaxTags), "tags"}})
	}
}

// edit works out what the row makes of the group and the tag.
func (l *tagLibrary) edit(r *row, w *tagRow) {
	w.newGroup = crm.Group{Name: w.group, Scope: crm.ScopeShared, CreatedBy: l.e.opts.CreatedBy, Version: 1}
	if w.g != nil {
		w.newGroup = *w.g
	}
	w.groupChanges = l.editGroup(r, &w.newGroup, w.department)
	w.newTag = crm.Tag{Name: w.tag, CreatedBy: l.e.opts.CreatedBy, Version: 1}
	if w.t != nil {
		w.newTag = *w.t
	}
	w.tagChanges = l.editTag(r, &w.newTag)
}

// refusePrior refuses a row that comes back from a repair file as a duplicate,
// or as one that contradicts another, and would now, alone, overwrite that one.
// A row with other errors keeps the code, lest it be lost when these are mended.
func (l *tagLibrary) refusePrior(r *row, w *tagRow) {
	if r.rec.Prior == "" || r.has(r.rec.Prior) {
		return
	}
	if r.rec.Prior == crm.ConflictUpdate {
		for _, ch := range w.groupChanges {
			if w.g != nil {
				r.problem(ch.column, crm.Problem{Code: r.rec.Prior, Args: []string{l.e.columns[ch.column].Header}})
			}
		}
		return
	}
	if w.live() && (len(w.groupChanges)+len(w.tagChanges) > 0 || r.rec.Failed()) {
		r.problem(w.by(), crm.Problem{Code: r.rec.Prior})
	}
}

func (l *tagLibrary) accept(r *row, w *tagRow) {
	r.outcome = unchanged
	switch {
	case w.g == nil:
		w.g = l.createGroup(r, w.newGroup)
	case len(w.groupChanges) > 0:
		l.updateGroup(r, w.g, w.newGroup)
		l.e.list(r, "group:"+w.group, w.groupChanges)
		r.outcome = updated
	}
	switch {
	case w.tag == "":
	case w.t == nil:
		w.newTag.GroupID = w.g.ID
		l.createTag(r, w.newTag)
	case len(w.tagChanges) > 0:
		l.updateTag(r, w.t, w.newTag)
		l.e.list(r, "tag:"+written(w.group, w.tag), w.tagChanges)
		r.outcome = updated
	}
}

// editGroup puts the row's cells into g.
func (l *tagLibrary) editGroup(r *row, g *crm.Group, department int64) []cellChange {
	d := differ{row: r}
	if v, asked := r.asks(table.TagDepartment); asked {
		d.field(table.TagDepartment, l.e.names.pathByID[g.DepartmentID], v, func() {
			g.DepartmentID, g.Scope = department, crm.ScopeDepartment
		})
	}
	if v, asked := r.asks(table.TagScope); asked {
		d.field(table.TagScope, g.Scope, v, func() {
			if g.Scope = v; v == crm.ScopeShared {
				g.DepartmentID = 0
			}
		})
	}
	d.number(table.TagGroupSort, &g.Sort)
	d.flag(table.TagSingle, &g.SingleChoice)
	d.text(table.TagGroupWecomID, &g.WecomID)
	return d.changes
}

func (l *tagLibrary) editTag(r *row, t *crm.Tag) []cellChange {
	d := differ{row: r}
	d.number(table.TagSort, &t.Sort)
	d.text(table.TagDescription, &t.Description)
	d.text(table.TagExpires, &t.ExpiresOn)
	d.text(table.TagWecomID, &t.WecomID)
	return d.changes
}

func (l *tagLibrary) createGroup(r *row, g crm.Group) *crm.Group {
	if near, ok := l.e.names.foldedGroup[crm.Fold(g.Name)]; ok {
		r.problem(table.TagGroup, crm.Problem{Code: crm.NearDuplicate, Warn: true, Args: []string{near}})
	}
	g.ID = l.e.ids.take(store.SeqGroup)
	g.Name, g.WecomID = strings.Clone(g.Name), strings.Clone(g.WecomID)
	l.newGroups = append(l.newGroups, g)
	l.e.names.addGroup(&g)
	l.e.unit.created.Groups++
	if !r.set(table.TagName) {
		r.outcome = created // else what counts is the tag
	}
	return &g
}

// updateGroup changes the group in the names too.
func (l *tagLibrary) updateGroup(r *row, old *crm.Group, g crm.Group) {
	g.Version++
	g.WecomID = strings.Clone(g.WecomID)
	if !l.e.owns(store.SeqGroup, g.ID) {
		l.e.image(&l.images, r, crm.ImageGroup, g.ID, 0, *old, g.Digest())
	}
	*old = g
	l.e.names.gen++
	l.groupEdits = append(l.groupEdits, g)
}

func (l *tagLibrary) createTag(r *row, t crm.Tag) {
	if near, ok := l.e.names.folded[tagKey{t.GroupID, crm.Fold(t.Name)}]; ok {
		r.problem(table.TagName, crm.Problem{Code: crm.NearDuplicate, Warn: true, Args: []string{near}})
	}
	t.ID = l.e.ids.take(store.SeqTag)
	l.cloneText(&t)
	l.newTags = append(l.newTags, t)
	l.e.names.addTag(&t)
	l.e.unit.created.Tags++
	r.outcome = created
}

func (l *tagLibrary) updateTag(r *row, old *crm.Tag, t crm.Tag) {
	t.Version++
	l.cloneText(&t)
	if !l.e.owns(store.SeqTag, t.ID) {
		l.e.image(&l.images, r, crm.ImageTag, t.ID, 0, *old, t.Digest())
	}
	*old = t
	l.e.names.gen++
	l.tagEdits = append(l.tagEdits, t)
}

// cloneText frees the tag from the text that it was read with.
func (l *tagLibrary) cloneText(t *crm.Tag) {
	for _, s := range []*string{&t.Name, &t.Description, &t.ExpiresOn, &t.WecomID} {
		*s = strings.Clone(*s)
	}
}

func (l *tagLibrary) write(tx *store.Tx) error {
	if err := writeTags(tx, l.newGroups, l.newTags); err != nil {
		return err
	}
	for _, g := range l.groupEdits {
		if err := tx.UpdateGroup(g); err != nil {
			return fmt.Errorf("update groups: %w", err)
		}
	}
	for _, t := range l.tagEdits {
		if err := tx.UpdateTag(t); err != nil {
			return fmt.Errorf("update tags: %w", err)
		}
	}
	l.e.unit.images = append(l.e.unit.images, l.images...)
	return nil
}

// writeTags stores new groups and tags, the groups first.
func writeTags(tx *store.Tx, groups []crm.Group, tags []crm.Tag) error {
	for i := range groups {
		groups[i].CreatedAt, groups[i].UpdatedAt = tx.Now, tx.Now
	}
	for i := range tags {
		tags[i].CreatedAt, tags[i].UpdatedAt = tx.Now, tx.Now
	}
	if err := tx.CreateGroups(groups); err != nil {
		return fmt.Errorf("create groups: %w", err)
	}
	if err := tx.CreateTags(tags); err != nil {
		return fmt.Errorf("create tags: %w", err)
	}
	return nil
}

func (l *tagLibrary) forget() {
	l.newGroups, l.groupEdits, l.newTags, l.tagEdits, l.images = l.newGroups[:0], l.groupEdits[:0], l.newTags[:0], l.tagEdits[:0], l.images[:0]
}

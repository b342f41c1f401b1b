package importer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// Kinds of before-images. An undo goes through them from the last to the first
// and puts back what they hold; things that the run itself created have none,
// they are in its ranges of ids. New customers go before the images, for one may
// have a key that an old one gets back; all else goes after them.
//
// The digest that stands beside an image is over the cells as the row left
// them: an undo that finds another one knows that somebody edited them since.
const (
	imageCustomer = "customer" // crm.Customer
	imageFollow   = "follow"   // crm.Follow, empty for a pair that was not there
	imageLinks    = "links"    // linksImage, without a digest
	imageStaff    = "staff"    // staffImage
	imageGroup    = "group"    // crm.Group
	imageTag      = "tag"      // crm.Tag
	imageGrant    = "grant"    // crm.Grant, which the run revoked
)

// linksImage says which tags a row gave to a pair and which links it took.
type linksImage struct {
	Added   []int64    `json:"added,omitempty"`
	Removed []crm.Link `json:"removed,omitempty"`
}

// staffImage is a person with the departments.
type staffImage struct {
	Staff       crm.Staff `json:"staff"`
	Departments []int64   `json:"departments"`
}

// newImage makes an image; before is nil for a thing that was not there.
func newImage(r *row, kind string, id, staff int64, before any, after string) store.Change {
	body := ""
	if before != nil {
		b, err := json.Marshal(before)
		if err != nil {
			panic("importer: " + err.Error()) // plain structs
		}
		body = string(b)
	}
	return store.Change{Row: r.rec.Row, Kind: kind, ItemID: id, StaffID: staff, Before: body, After: after}
}

func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func digestCustomer(cu *crm.Customer) string {
	parts := make([]string, len(ownCells))
	for i, o := range ownCells {
		parts[i] = o.get(cu)
	}
	return digest(parts...)
}

func digestFollow(f *crm.Follow) string {
	parts := make([]string, len(pairCells))
	for i, p := range pairCells {
		parts[i] = p.get(f)
	}
	return digest(parts...)
}

func digestGroup(g *crm.Group) string {
	return digest(g.Name, g.Scope, strconv.FormatInt(g.DepartmentID, 10), strconv.FormatBool(g.SingleChoice), strconv.FormatInt(g.Sort, 10), g.Description, g.WecomID)
}

func digestTag(t *crm.Tag) string {
	return digest(strconv.FormatInt(t.GroupID, 10), t.Name, t.Description, strconv.FormatInt(t.Sort, 10), t.ExpiresOn, t.WecomID)
}

func digestGrant(g *crm.Grant) string {
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	return digest(g.SubjectKind, number(g.SubjectID), g.SubjectRole, strconv.FormatBool(g.WithSub), g.ObjectKind, number(g.ObjectID), string(g.Level),
		number(g.StartsAt), number(g.EndsAt), g.Reason, strconv.FormatBool(g.RevokedAt != 0), number(g.RevokedBy))
}

func digestStaff(s *crm.Staff, departments []int64) string {
	parts := []string{s.UserID, s.Name, s.Status, s.Role, strconv.FormatInt(s.RoleDepartmentID, 10), strconv.FormatBool(s.Contact), strconv.FormatBool(s.Tagging)}
	for _, d := range departments {
		parts = append(parts, strconv.FormatInt(d, 10))
	}
	return digest(parts...)
}

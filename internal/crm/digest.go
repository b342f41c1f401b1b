package crm

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
)

// The digests stand in databases beside the images of what imports overwrote.
// They are over what people edit: no times and versions. Never change one: an
// undo would take every row for one that somebody has changed since.

func digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// since is a time, "" when it is not known.
func since(at int64) string {
	if at == 0 {
		return ""
	}
	return number(at)
}

// Digest tells the cells of the customer from others.
func (c *Customer) Digest() string {
	return digest(c.ExternalID, c.UnionID, c.Mobile, c.Phones, c.Name, c.Company, c.Position, c.Gender, c.Birthday, c.Region,
		c.Remark, c.Description, c.AddWay, since(c.AddedAt))
}

// Digest tells what a member noted about a customer from anything else.
func (f *Follow) Digest() string {
	return digest(f.Remark, f.Description, f.AddWay, since(f.AddedAt))
}

// Digest tells the cells of the group from others.
func (g *Group) Digest() string {
	return digest(g.Name, g.Scope, number(g.DepartmentID), strconv.FormatBool(g.SingleChoice), number(g.Sort), g.Description, g.WecomID)
}

// Digest tells the cells of the tag from others.
func (t *Tag) Digest() string {
	return digest(number(t.GroupID), t.Name, t.Description, number(t.Sort), t.ExpiresOn, t.WecomID)
}

// Digest tells what the grant gives, and whether it still does, from anything
// else; not when it was revoked.
func (g *Grant) Digest() string {
	return digest(g.SubjectKind, number(g.SubjectID), g.SubjectRole, strconv.FormatBool(g.WithSub), g.ObjectKind, number(g.ObjectID), string(g.Level),
		number(g.StartsAt), number(g.EndsAt), g.Reason, strconv.FormatBool(g.RevokedAt != 0), number(g.RevokedBy))
}

// Digest tells the cells and departments of the person from others.
func (i *StaffImage) Digest() string {
	s := &i.Staff
	parts := []string{s.UserID, s.Name, s.Status, s.Role, number(s.RoleDepartmentID), strconv.FormatBool(s.Contact), strconv.FormatBool(s.Tagging)}
	for _, d := range i.Departments {
		parts = append(parts, number(d))
	}
	return digest(parts...)
}

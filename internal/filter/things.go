package filter

import (
	"slices"
	"strings"

	"tagkeep/internal/crm"
)

// texts asks those that are not blank.
func texts(pass func(value) bool, all ...string) bool {
	for _, text := range all {
		if text != "" && pass(value{text: text}) {
			return true
		}
	}
	return false
}

// moment asks when it is known.
func moment(pass func(value) bool, at int64) bool { return at != 0 && pass(value{n: at}) }

func ids(pass func(value) bool, all ...int64) bool {
	return slices.ContainsFunc(all, func(id int64) bool { return id != 0 && pass(value{n: id}) })
}

// identity is the id of WeCom, and our own as #12.
func identity(pass func(value) bool, id int64, wecom string, nocase bool) bool {
	return pass(value{text: wecom, nocase: nocase}) || pass(value{n: id})
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// customer is a customer with some followers, and with the customer's own notes
// where those are asked for.
type customer struct {
	f       *Filter
	c       *crm.Customer
	own     bool
	follows []crm.Follow
	links   []crm.Link
}

func (x *customer) any(field string, pass func(value) bool) bool {
	c := x.c
	switch field {
	case "tag":
		return slices.ContainsFunc(x.links, func(l crm.Link) bool { return x.f.tags[l.TagID] != 0 && pass(value{n: l.TagID}) })
	case "group":
		return slices.ContainsFunc(x.links, func(l crm.Link) bool { return ids(pass, x.f.tags[l.TagID]) })
	case "follower":
		return slices.ContainsFunc(x.follows, func(f crm.Follow) bool { return ids(pass, f.StaffID) })
	case "department":
		return slices.ContainsFunc(x.follows, func(f crm.Follow) bool { return ids(pass, x.f.in[f.StaffID]...) })
	case "name":
		return texts(pass, c.Name)
	case "id":
		return identity(pass, c.ID, c.ExternalID, false)
	case "unionid":
		return texts(pass, c.UnionID)
	case "mobile":
		return texts(pass, c.Mobile)
	case "phone":
		return texts(pass, strings.Split(c.Phones, ";")...)
	case "company":
		return texts(pass, c.Company)
	case "position":
		return texts(pass, c.Position)
	case "region":
		return texts(pass, c.Region)
	case "gender":
		return texts(pass, c.Gender)
	case "birthday":
		return texts(pass, c.Birthday)
	case "created":
		return moment(pass, c.CreatedAt)
	case "updated":
		return moment(pass, c.UpdatedAt)
	case "deleted":
		return ids(pass, c.DeletionID)
	case "text":
		if texts(pass, c.ExternalID, c.UnionID, c.Mobile, c.Phones, c.Name, c.Company, c.Position, c.Region) {
			return true
		}
	}
	return x.noted(field, pass)
}

// noted asks what each follower noted, and what is tied to none.
func (x *customer) noted(field string, pass func(value) bool) bool {
	if c := x.c; x.own && note(field, pass, c.AddWay, c.Remark, c.Description, c.AddedAt) {
		return true
	}
	return slices.ContainsFunc(x.follows, func(f crm.Follow) bool {
		return note(field, pass, f.AddWay, f.Remark, f.Description, f.AddedAt)
	})
}

func note(field string, pass func(value) bool, source, remark, description string, added int64) bool {
	switch field {
	case "source":
		return texts(pass, source)
	case "remark":
		return texts(pass, remark)
	case "description":
		return texts(pass, description)
	case "added":
		return moment(pass, added)
	case "text":
		return texts(pass, source, remark, description)
	}
	return false
}

type tag struct {
	t         *crm.Tag
	g         *crm.Group
	customers int64
}

func (x *tag) any(field string, pass func(value) bool) bool {
	switch t := x.t; field {
	case "tag":
		return ids(pass, t.ID)
	case "name":
		return texts(pass, t.Name)
	case "id":
		return identity(pass, t.ID, t.WecomID, false)
	case "description":
		return texts(pass, t.Description)
	case "expires":
		return texts(pass, t.ExpiresOn)
	case "customers":
		return t.ID != 0 && pass(value{n: x.customers}) // not of a group without tags
	case "created":
		return moment(pass, t.CreatedAt)
	case "updated":
		return moment(pass, t.UpdatedAt)
	case "deleted":
		return ids(pass, t.DeletionID)
	case "text":
		return texts(pass, x.g.Name, t.Name, t.Description, t.WecomID)
	}
	g := group{x.g}
	return g.any(field, pass) // group, department, scope, single
}

type group struct{ g *crm.Group }

func (x *group) any(field string, pass func(value) bool) bool {
	switch g := x.g; field {
	case "group":
		return ids(pass, g.ID)
	case "department":
		return ids(pass, g.DepartmentID)
	case "name":
		return texts(pass, g.Name)
	case "id":
		return identity(pass, g.ID, g.WecomID, false)
	case "scope":
		return texts(pass, g.Scope)
	case "single":
		return texts(pass, flag(g.SingleChoice))
	case "description":
		return texts(pass, g.Description)
	case "created":
		return moment(pass, g.CreatedAt)
	case "updated":
		return moment(pass, g.UpdatedAt)
	case "deleted":
		return ids(pass, g.DeletionID)
	case "text":
		return texts(pass, g.Name, g.Description, g.WecomID)
	}
	return false
}

type person struct {
	f *Filter
	p *crm.Staff
}

func (x *person) any(field string, pass func(value) bool) bool {
	switch p := x.p; field {
	case "department":
		return ids(pass, x.f.in[p.ID]...)
	case "name":
		return texts(pass, p.Name)
	case "id":
		return identity(pass, p.ID, p.UserID, true)
	case "role":
		return texts(pass, p.Role)
	case "status":
		return texts(pass, p.Status)
	case "contact":
		return texts(pass, flag(p.Contact))
	case "tagging":
		return texts(pass, flag(p.Tagging))
	case "created":
		return moment(pass, p.CreatedAt)
	case "updated":
		return moment(pass, p.UpdatedAt)
	case "text":
		return texts(pass, p.UserID, p.Name)
	}
	return false
}

type grant struct {
	f *Filter
	g *crm.Grant
}

func (x *grant) any(field string, pass func(value) bool) bool {
	switch g := x.g; field {
	case "tag":
		return g.ObjectKind == crm.ObjectTag && ids(pass, g.ObjectID)
	case "group":
		switch g.ObjectKind {
		case crm.ObjectGroup:
			return ids(pass, g.ObjectID)
		case crm.ObjectTag:
			return ids(pass, x.f.tags[g.ObjectID])
		}
	case "department":
		return g.SubjectKind == crm.SubjectDepartment && ids(pass, g.SubjectID)
	case "follower":
		return g.SubjectKind == crm.SubjectStaff && ids(pass, g.SubjectID)
	case "role":
		return texts(pass, g.SubjectRole)
	case "level":
		return texts(pass, string(g.Level))
	case "starts":
		return moment(pass, g.StartsAt)
	case "ends":
		return moment(pass, g.EndsAt)
	case "reason", "text":
		return texts(pass, g.Reason)
	case "created":
		return moment(pass, g.CreatedAt)
	}
	return false
}

package crm

import "testing"

// Databases hold these digests: a version that makes others of the same rows
// could undo nothing of what earlier ones imported.
func TestDigestsStayWhatTheyAre(t *testing.T) {
	customer := Customer{ExternalID: "wm1", UnionID: "u1", Mobile: "13800138001", Phones: "010-1;010-2", Name: "王", Company: "甲", Position: "p",
		Gender: "male", Birthday: "1990-01-02", Region: "r", AddWay: "w", AddedAt: 1700000000000, Remark: "备", Description: "d"}
	undated := customer
	undated.AddedAt = 0
	follow := Follow{Remark: "备", Description: "d", AddWay: "w", AddedAt: 1700000000000}
	group := Group{Name: "意向", Scope: ScopeDepartment, DepartmentID: 7, SingleChoice: true, Sort: 3, Description: "d", WecomID: "et1"}
	tag := Tag{GroupID: 4, Name: "高", Description: "d", Sort: 2, ExpiresOn: "2027-01-01", WecomID: "et2"}
	grant := Grant{SubjectKind: SubjectStaff, SubjectID: 5, ObjectKind: ObjectTag, ObjectID: 6, Level: LevelUse, StartsAt: 1, EndsAt: 2, Reason: "试用",
		RevokedAt: 9, RevokedBy: 8}
	staff := StaffImage{Staff{UserID: "anna", Name: "安", Status: StatusActive, Role: RoleStaff, RoleDepartmentID: 1, Contact: true}, []int64{2, 3}}
	for _, c := range []struct{ what, got, want string }{
		{"customer", customer.Digest(), "67a73ea340727d7a3e816ebb8be5b07c"},
		{"customer without a date", undated.Digest(), "04fc7e963cc585aa56677271acf5dbd8"},
		{"follow", follow.Digest(), "7d47d20ed45aacd504fe87210399394b"},
		{"group", group.Digest(), "59b4bf5fac57d060bf323d1e6a5a49d3"},
		{"tag", tag.Digest(), "e9c4f69276b4dd30ba3c9505432c03ad"},
		{"grant", grant.Digest(), "1d36c5f8a592400a0f6afe8c0181858e"},
		{"staff", staff.Digest(), "a5c2c7bc233cadf273a2927b85d2ed54"},
	} {
		if c.got != c.want {
			t.Errorf("%s: digest %s, was %s", c.what, c.got, c.want)
		}
	}
}

// Times, versions and places in the bin are no edits.
func TestDigestsLeaveOutBookkeeping(t *testing.T) {
	a, b := Customer{Name: "王"}, Customer{Name: "王", ID: 7, DeletionID: 3, CreatedAt: 1, UpdatedAt: 2, Version: 9}
	if a.Digest() != b.Digest() {
		t.Error("bookkeeping counts as an edit")
	}
	if b.Name = "汪"; a.Digest() == b.Digest() {
		t.Error("an edit does not count")
	}
}

package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tagkeep/internal/crm"
	"tagkeep/internal/store"
)

// lookalikes are names that are equal to a careless collation and different to
// ours. Trailing blanks are not among them: text is trimmed before it comes
// here, because utf8mb4_bin pads.
var lookalikes = []string{
	"VIP", "vip", "Vip", "ＶＩＰ", "ｖｉｐ", // case, width
	"caf\u00e9", "cafe\u0301", "cafe", // composed, decomposed, no accent
	"ß", "ss", "ẞ",
	"ｶﾞ", "ガ", "か\u3099", "が",
	"①", "1", "１", "²", "2",
	"高意向", "高 意向", "高\u3000意向", "高\u200b意向", " 高意向", // blanks inside and in front
	"😀", "😁", "👍", "👍🏽", // a weight for each plane-1 character, and a modifier
	"\U00020000", "\U00020001", "\u3400", "𠮷", "吉",
	"İ", "i", "I", "ı",
	"a\x00", "a", "a\x01", "a\x1f",
	"%", "_", "\\", "'", "\"", "`", "''", "\\'", "\\\\", "NULL", "0", "-0", "00",
}

func distinctNames(t *testing.T, db *store.DB) {
	var groups []crm.Group
	var tags []crm.Tag
	for i, name := range lookalikes {
		groups = append(groups, group(int64(i+1), name))
		tags = append(tags, tag(int64(i+1), 1, name))
	}
	Write(t, db, func(tx *store.Tx) error {
		return errors.Join(tx.CreateGroups(groups), tx.CreateTags(tags))
	})
	Read(t, db, func(tx *store.Tx) error {
		gotGroups, err := tx.Groups(store.Live)
		if err != nil {
			return err
		}
		gotTags, err := tx.Tags(store.Live)
		if diff := cmp.Diff(groups, gotGroups); diff != "" {
			t.Errorf("groups (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(tags, gotTags); diff != "" {
			t.Errorf("tags (-want +got):\n%s", diff)
		}
		return err
	})
	// And each of them once only.
	Write(t, db, func(tx *store.Tx) error {
		for i, name := range lookalikes {
			if err := tx.CreateGroups([]crm.Group{group(int64(1000+i), name)}); !errors.Is(err, store.ErrRefused) {
				t.Errorf("second group %q: got %v, want ErrRefused", name, err)
			}
			if err := tx.CreateTags([]crm.Tag{tag(int64(1000+i), 1, name)}); !errors.Is(err, store.ErrRefused) {
				t.Errorf("second tag %q in the group: got %v, want ErrRefused", name, err)
			}
			if err := tx.CreateTags([]crm.Tag{tag(int64(1000+i), 2, name)}); err != nil {
				t.Errorf("tag %q in another group: %v", name, err)
			}
		}
		return nil
	})
}

// Text comes back as it went, by whatever way the database takes one row, a few
// and many.
func textRoundTrip(t *testing.T, db *store.DB) {
	texts := append(slices.Clone(lookalikes), "", "a\tb\r\nc", "\t", "\n", "\r", "\\N", "\\n", "a\\", "\\\t", "\x1a", "\ufeffBOM", "\u2028\u2029",
		"<a href=\"x\">&amp;</a>", strings.Repeat("👨‍👩‍👧‍👦", 36))
	for _, n := range []int{1, len(texts), 500} {
		wipe(t, db)
		want := make([]crm.Customer, n)
		for i := range want {
			s := texts[i%len(texts)]
			want[i] = customer(int64(i+1), "")
			want[i].Name, want[i].Remark, want[i].Description = clip(s, crm.MaxCustomerName), s, s
			if i > 0 {
				want[i].Mobile = clip(texts[len(texts)-1-i%len(texts)], crm.MaxMobile) // now and then none
			}
		}
		Write(t, db, func(tx *store.Tx) error { return tx.CreateCustomers(want) })
		sameCustomers(t, want, allCustomers(t, db))
	}
}

// Keys are looked up as they are stored: no folding, no wildcard, no number.
func textLookup(t *testing.T, db *store.DB) {
	var cs []crm.Customer
	for i, s := range lookalikes {
		c := customer(int64(i+1), "x"+s)
		c.UnionID, c.Mobile = "u"+s, "m"+s
		cs = append(cs, c)
	}
	Write(t, db, func(tx *store.Tx) error { return tx.CreateCustomers(cs) })
	for i, s := range lookalikes {
		for column, key := range map[string]string{store.KeyExternalID: "x" + s, store.KeyUnionID: "u" + s, store.KeyMobile: "m" + s} {
			got := byKey(t, db, column, key)
			if diff := cmp.Diff([]crm.Customer{cs[i]}, got); diff != "" {
				t.Errorf("%s = %q (-want +got):\n%s", column, key, diff)
			}
		}
	}
}

// widths are the limits of text columns as one writes them through the store.
var widths = []struct {
	name  string
	limit int
	write func(tx *store.Tx, id int64, s string) error
}{
	{"group name", 60, func(tx *store.Tx, id int64, s string) error {
		return tx.CreateGroups([]crm.Group{group(id, s)})
	}},
	{"group description", 255, func(tx *store.Tx, id int64, s string) error {
		g := group(id, "g")
		g.Description = s
		return tx.CreateGroups([]crm.Group{g})
	}},
	{"tag name", 60, func(tx *store.Tx, id int64, s string) error {
		return tx.CreateTags([]crm.Tag{tag(id, 9, s)})
	}},
	{"tag description", 255, func(tx *store.Tx, id int64, s string) error {
		v := tag(id, 9, "v")
		v.Description = s
		return tx.CreateTags([]crm.Tag{v})
	}},
	{"department name", 64, func(tx *store.Tx, id int64, s string) error {
		return tx.CreateDepartments([]crm.Department{{ID: id, Name: s}})
	}},
	{"account", 64, func(tx *store.Tx, id int64, s string) error {
		return tx.CreateStaff([]crm.Staff{person(id, s)})
	}},
	{"staff name", 64, func(tx *store.Tx, id int64, s string) error {
		p := person(id, "p")
		p.Name = s
		return tx.CreateStaff([]crm.Staff{p})
	}},
	{"external id", 64, customerText(func(c *crm.Customer, s string) { c.ExternalID = s })},
	{"unionid", 64, customerText(func(c *crm.Customer, s string) { c.UnionID = s })},
	{"mobile", 32, customerText(func(c *crm.Customer, s string) { c.Mobile = s })},
	{"phones", 255, customerText(func(c *crm.Customer, s string) { c.Phones = s })},
	{"customer name", 128, customerText(func(c *crm.Customer, s string) { c.Name = s })},
	{"company", 128, customerText(func(c *crm.Customer, s string) { c.Company = s })},
	{"position", 64, customerText(func(c *crm.Customer, s string) { c.Position = s })},
	{"region", 128, customerText(func(c *crm.Customer, s string) { c.Region = s })},
	{"add way", 64, customerText(func(c *crm.Customer, s string) { c.AddWay = s })},
	{"remark", 255, customerText(func(c *crm.Customer, s string) { c.Remark = s })},
	{"description", 1000, customerText(func(c *crm.Customer, s string) { c.Description = s })},
	{"follower's remark", 255, func(tx *store.Tx, id int64, s string) error {
		return tx.CreateFollows([]crm.Follow{{CustomerID: id, StaffID: 1, Remark: s}})
	}},
	{"follower's description", 1000, func(tx *store.Tx, id int64, s string) error {
		return tx.CreateFollows([]crm.Follow{{CustomerID: id, StaffID: 1, Description: s}})
	}},
}

func customerText(set func(c *crm.Customer, s string)) func(*store.Tx, int64, string) error {
	return func(tx *store.Tx, id int64, s string) error {
		c := customer(id, "")
		set(&c, s)
		return tx.CreateCustomers([]crm.Customer{c})
	}
}

// Limits count characters, of however many bytes, and refuse instead of
// cutting.
func textLength(t *testing.T, db *store.DB) {
	Write(t, db, func(tx *store.Tx) error { return tx.CreateGroups([]crm.Group{group(9, "标签组")}) })
	for _, w := range widths {
		Write(t, db, func(tx *store.Tx) error {
			for i, char := range []string{"x", "好", "\U00020000"} {
				long := strings.Repeat(char, w.limit+1)
				if err := w.write(tx, 100, long); !errors.Is(err, store.ErrRefused) {
					t.Errorf("%s of %d %s: got %v, want ErrRefused", w.name, w.limit+1, char, err)
				}
				full := strings.Repeat(char, w.limit)
				err := tx.Savepoint(func() error {
					if err := w.write(tx, int64(200+i), full); err != nil {
						t.Errorf("%s of %d %s: %v", w.name, w.limit, char, err)
					}
					return errTakenBack
				})
				if !errors.Is(err, errTakenBack) {
					return err
				}
			}
			return nil
		})
	}
}

var errTakenBack = errors.New("taken back")

// What the tool lets in, the columns take.
func textLimits(t *testing.T, _ *store.DB) {
	limits := map[string]int{
		"group name": crm.MaxTagName, "tag name": crm.MaxTagName, "tag description": crm.MaxTagDescription,
		"department name": crm.MaxDepartmentName, "account": crm.MaxUserID, "staff name": crm.MaxStaffName,
		"external id": crm.MaxExternalID, "unionid": crm.MaxExternalID, "mobile": crm.MaxMobile, "phones": crm.MaxPhones,
		"customer name": crm.MaxCustomerName, "company": crm.MaxCompany, "position": crm.MaxPosition, "region": crm.MaxRegion,
		"add way": crm.MaxAddWay, "remark": crm.MaxRemark, "description": crm.MaxDescription,
		"follower's remark": crm.MaxRemark, "follower's description": crm.MaxDescription,
	}
	for _, w := range widths {
		if w.limit < limits[w.name] {
			t.Errorf("%s: the column takes %d characters, crm lets in %d", w.name, w.limit, limits[w.name])
		}
	}
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

package samples

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// A company is what the three kinds of spreadsheets have in common. Person i
// and tag i depend on the seed and on i only: a company with more of them
// holds the smaller one.
type company struct {
	seed   uint64
	people []person
	tags   []tag

	followers []*person // people who may have customers
	shared    []*tag
	local     []*tag // of department groups
}

type person struct {
	account, name, departments, role, contact, tagging, status string
}

type tag struct {
	group      string
	name       string
	department string // "" = shared group
	single     bool   // group is single-choice
	unique     bool   // no other group has a tag of this name
	order      int    // in the group, from 1
	groupOrder int
}

// Streams keep the random numbers of different things apart.
const (
	streamPerson = iota + 1
	streamCustomer
	streamFault
	streamKeys
)

// draws gives the random numbers of thing i of a stream.
func draws(seed, stream uint64, i int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, stream<<48^uint64(i)))
}

func newCompany(seed uint64, people, tags int) *company {
	c := &company{seed: seed, people: make([]person, people), tags: make([]tag, tags)}
	for i := range c.people {
		p := &c.people[i]
		*p = c.person(i)
		if p.contact == "是" && p.status == "在职" {
			c.followers = append(c.followers, p)
		}
	}
	for i := range c.tags {
		t := &c.tags[i]
		*t = tagAt(i)
		if t.department == "" {
			c.shared = append(c.shared, t)
		} else {
			c.local = append(c.local, t)
		}
	}
	return c
}

// person i. Those after the base are spread over branches of thirty.
func (c *company) person(i int) person {
	if i < len(baseStaff) {
		return baseStaff[i]
	}
	r := draws(c.seed, streamPerson, i)
	name, account := chineseName(r, r.IntN(2) == 0)
	n := i - len(baseStaff)
	p := person{
		account:     account + strconv.Itoa(i),
		name:        name,
		departments: "总部/门店/第" + strconv.Itoa(n/30+1) + "店",
		role:        "普通员工", contact: "是", tagging: "否", status: "在职",
	}
	switch {
	case n%30 == 0:
		p.role, p.tagging = "部门管理员", "是"
	case r.IntN(20) == 0:
		p.contact, p.status = "否", "停用"
	case r.IntN(10) == 0:
		p.departments += ";总部/客服部"
	}
	return p
}

// baseTags is the number of tags in the base set.
func baseTags() int {
	n := 0
	for _, g := range baseGroups {
		n += len(g.tags)
	}
	return n
}

// tagAt is tag i, which no seed changes.
func tagAt(i int) tag {
	for g := range baseGroups {
		group := &baseGroups[g]
		if i >= len(group.tags) {
			i -= len(group.tags)
			continue
		}
		return tag{group.name, group.tags[i], group.department, group.single, group.tags[i] != "其他", i + 1, g + 1}
	}
	n := i / len(extraTags)
	topic := extraTopics[n%len(extraTopics)]
	number := strconv.Itoa(n/len(extraTopics) + 1)
	return tag{
		group:      topic + strings.Repeat("0", max(0, 3-len(number))) + number,
		name:       extraTags[i%len(extraTags)],
		order:      i%len(extraTags) + 1,
		groupOrder: len(baseGroups) + n + 1,
	}
}

// chineseName returns a name and its reading in Latin letters.
func chineseName(r *rand.Rand, male bool) (han, pinyin string) {
	s := surnames[skewed(r, len(surnames))]
	given := givenFemale
	if male {
		given = givenMale
	}
	if r.IntN(400) == 0 {
		given = rareGiven
	}
	g := given[r.IntN(len(given))]
	return s.han + g.han, s.pinyin + g.pinyin
}

// skewed draws below n, small numbers much more often.
func skewed(r *rand.Rand, n int) int { return r.IntN(r.IntN(n) + 1) }

func pick(r *rand.Rand, words []string) string { return words[r.IntN(len(words))] }

// mostly returns the text with probability p percent, else "".
func mostly(r *rand.Rand, p int, text string) string {
	if r.IntN(100) < p {
		return text
	}
	return ""
}

// The columns of a generated customers sheet, 0-based.
const (
	custID = iota
	custMobile
	custName
	custFollower
	custTags
	custRemark
	custDescription
	custCompany
	custPosition
	custGender
	custBirthday
	custRegion
	custAddWay
	custAddedAt
)

// customer returns the rows of customer i: one, or two when two people follow
// the customer; both then say the same of all that is the customer's own.
func (c *company) customer(i int) [][]string {
	r := draws(c.seed, streamCustomer, i)
	male := r.IntN(2) == 0
	name, _ := chineseName(r, male)
	region := regions[skewed(r, len(regions))]
	own := make([]string, custAddedAt+1)
	own[custID] = c.externalID(i)
	own[custMobile] = c.mobile(i)
	own[custName] = name
	own[custCompany] = mostly(r, 60, region.short+pick(r, companyFront)+pick(r, companyBack)+pick(r, companyTrade)+pick(r, companyForm))
	own[custPosition] = mostly(r, 50, pick(r, positions))
	own[custGender] = gender(r, male)
	own[custBirthday] = mostly(r, 30, day(r, 1955, 2004))
	own[custRegion] = mostly(r, 80, region.full)
	switch r.IntN(20) {
	case 0:
		own[custMobile] = "" // known by the 客户ID only
	case 1:
		own[custID] = "" // not matched with WeCom yet
	}
	first := r.IntN(len(c.followers))
	rows := [][]string{c.followed(r, own, c.followers[first])}
	if len(c.followers) > 1 && r.IntN(12) == 0 {
		second := (first + 1 + r.IntN(len(c.followers)-1)) % len(c.followers)
		rows = append(rows, c.followed(r, own, c.followers[second]))
	}
	return rows
}

// followed adds what belongs to one follower.
func (c *company) followed(r *rand.Rand, own []string, p *person) []string {
	row := append([]string(nil), own...)
	row[custFollower] = p.account
	row[custTags] = c.tagCell(r, p)
	row[custRemark] = mostly(r, 35, pick(r, remarks))
	row[custDescription] = mostly(r, 15, pick(r, descriptions))
	row[custAddWay] = addWays[skewed(r, len(addWays))]
	row[custAddedAt] = day(r, 2019, 2025) + " " + clock(r)
	return row
}

// tagCell is none to five tags that the person may use, at most one of each
// single-choice group.
func (c *company) tagCell(r *rand.Rand, p *person) string {
	n := r.IntN(6)
	var words []string
	taken := make(map[string]bool)
	for range n {
		t := c.shared[r.IntN(len(c.shared))]
		if r.IntN(6) == 0 {
			t = c.localTag(r, p, t)
		}
		if taken[t.group+":"+t.name] || t.single && taken[t.group] {
			continue
		}
		taken[t.group+":"+t.name], taken[t.group] = true, true
		word := t.group + ":" + t.name
		if t.unique && r.IntN(5) == 0 {
			word = t.name
		}
		words = append(words, word)
	}
	return strings.Join(words, ";")
}

// localTag is a tag of a group of p's department, or t when there is none.
func (c *company) localTag(r *rand.Rand, p *person, t *tag) *tag {
	local := c.local[r.IntN(len(c.local))]
	for _, path := range strings.Split(p.departments, ";") {
		if path == local.department || strings.HasPrefix(path, local.department+"/") {
			return local
		}
	}
	return t
}

// externalID is "wm" and 30 characters, another one for every i.
func (c *company) externalID(i int) string {
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	id := []byte("wm0000000000000000000000000000AA")
	// mix is a bijection, so the first 11 characters alone differ.
	x := mix(uint64(i) ^ mix(c.seed))
	y := mix(x ^ c.seed)
	for at := 2; at < 13; at++ {
		id[at] = digits[x&63]
		x >>= 6
	}
	for at := 13; at < 24; at++ {
		id[at] = digits[y&63]
		y >>= 6
	}
	y = mix(c.seed + streamKeys)
	for at := 24; at < len(id); at++ {
		id[at] = digits[y&63]
		y >>= 6
	}
	return string(id)
}

// mix is the finaliser of splitmix64, a bijection.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// mobile gives every i below 4.5 thousand million another number.
func (c *company) mobile(i int) string {
	const each = 100_000_000
	all := uint64(len(mobilePrefixes)) * each
	// A prime that does not divide all walks through every number.
	n := (uint64(i)%all*2_654_435_761 + mix(c.seed^streamKeys)%all) % all
	digits := strconv.FormatUint(each+n%each, 10)
	return mobilePrefixes[n/each] + digits[1:]
}

func gender(r *rand.Rand, male bool) string {
	switch {
	case r.IntN(10) == 0:
		return ""
	case r.IntN(20) == 0:
		return "未知"
	case male:
		return "男"
	default:
		return "女"
	}
}

// day is a date from the first of January of one year to the end of another.
func day(r *rand.Rand, from, to int) string {
	first := time.Date(from, 1, 1, 0, 0, 0, 0, time.UTC)
	days := int(time.Date(to+1, 1, 1, 0, 0, 0, 0, time.UTC).Sub(first).Hours() / 24)
	return first.AddDate(0, 0, r.IntN(days)).Format(time.DateOnly)
}

func clock(r *rand.Rand) string {
	return time.Date(2000, 1, 1, 8+r.IntN(14), r.IntN(60), r.IntN(60), 0, time.UTC).Format(time.TimeOnly)
}

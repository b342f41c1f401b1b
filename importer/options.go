package importer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"tagkeep/internal/crm"
)

// Existing says what happens to rows whose customer, tag or person was there
// before the run.
type Existing string

// The choices for Existing.
const (
	UpdateExisting Existing = "update"
	SkipExisting   Existing = "skip"
	RejectExisting Existing = "reject"
)

// TagMode says what the tags of a row do to those that the pair has.
type TagMode string

// The tag modes; the column 标签操作 overrides the option row by row.
const (
	AddTags            TagMode = "add"
	ReplaceTags        TagMode = "replace"
	ReplaceTagsInGroup TagMode = "replace-in-group"
	RemoveTags         TagMode = "remove"
)

// Amount is a number, or a share of what it is compared with.
type Amount struct {
	N       int64
	Percent bool
	Given   bool
}

// ParseAmount reads 100 or 5%.
func ParseAmount(s string) (Amount, error) {
	num, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	n, err := strconv.ParseInt(num, 10, 64)
	if err != nil || n < 0 || percent && n > 100 {
		return Amount{}, fmt.Errorf("not an amount: %q: want a number or a percentage such as 5%%", s)
	}
	return Amount{N: n, Percent: percent, Given: true}, nil
}

// Exceeded reports whether n of total is more than the amount allows.
func (a Amount) Exceeded(n, total int64) bool {
	if a.Percent {
		return n*100 > a.N*total
	}
	return n > a.N
}

// Options of an import. The zero value imports with the defaults of the command
// line.
type Options struct {
	DryRun         bool     `json:"-"`
	Existing       Existing `json:"existing,omitempty"`
	OnlyExisting   bool     `json:"only_existing,omitempty"`
	CreateTags     bool     `json:"create_tags,omitempty"`
	TagGroup       string   `json:"tag_group,omitempty"` // where bare new tags go
	RejectInBin    bool     `json:"reject_in_bin,omitempty"`
	Tags           TagMode  `json:"tags,omitempty"`
	MaxRemovals    Amount   `json:"-"` // not Given: 100 links and 10 %
	DisableMissing bool     `json:"disable_missing,omitempty"`

	Atomic    bool   `json:"-"`
	MaxErrors Amount `json:"-"` // not Given: no limit
	Chunk     int    `json:"-"` // rows, default 1000
	Restart   bool   `json:"-"` // do not go on where the last run stopped

	Sheet      string            `json:"sheet,omitempty"`
	Encoding   string            `json:"encoding,omitempty"`
	Delimiter  rune              `json:"delimiter,omitempty"`
	Map        map[string]string `json:"map,omitempty"`
	HeaderRow  int               `json:"header_row,omitempty"`
	FillMerged bool              `json:"fill_merged,omitempty"`
	SkipHidden bool              `json:"skip_hidden,omitempty"`

	Lang     crm.Lang      `json:"-"`
	ErrorsTo string        `json:"-"` // path of the repair file, "" for the default
	WantFile bool          `json:"-"` // write a repair file even in a dry run
	Wait     time.Duration `json:"-"` // for a busy database, 0 for the default
	Command  string        `json:"-"` // for the audit log
	// CreatedBy is the person in whose name it is done, whose rights count; 0 =
	// the operator, who may do everything.
	CreatedBy int64 `json:"created_by,omitempty"`
	// Progress is called from one goroutine, now and then and at the end.
	Progress func(Progress) `json:"-"`
}

// Progress of a running import.
type Progress struct {
	Rows        int64 // read so far
	Rejected    int64
	Done, Total int64 // bytes of the file; of both readings
}

// withDefaults fills in what was left open and refuses what makes no sense.
func (o Options) withDefaults() (Options, error) {
	if o.Existing == "" {
		o.Existing = UpdateExisting
	}
	if o.Tags == "" {
		o.Tags = AddTags
	}
	if o.Chunk == 0 {
		o.Chunk = 1000
	}
	if o.Lang == "" {
		o.Lang = crm.Chinese
	}
	if !slices.Contains([]Existing{UpdateExisting, SkipExisting, RejectExisting}, o.Existing) {
		return o, fmt.Errorf("existing: %q is not one of update, skip, reject: %w", o.Existing, ErrUsage)
	}
	if !slices.Contains([]TagMode{AddTags, ReplaceTags, ReplaceTagsInGroup, RemoveTags}, o.Tags) {
		return o, fmt.Errorf("tags: %q is not one of add, replace, replace-in-group, remove: %w", o.Tags, ErrUsage)
	}
	if o.Chunk < 1 || o.Chunk > 100000 {
		return o, fmt.Errorf("chunk: %d is not between 1 and 100000: %w", o.Chunk, ErrUsage)
	}
	if o.OnlyExisting && o.Existing != UpdateExisting {
		return o, fmt.Errorf("only-existing and existing=%s leave nothing to do: %w", o.Existing, ErrUsage)
	}
	if o.TagGroup != "" && !o.CreateTags {
		return o, fmt.Errorf("tag-group needs create-tags: %w", ErrUsage)
	}
	o.TagGroup = norm.NFC.String(strings.TrimSpace(o.TagGroup))
	if n := utf8.RuneCountInString(o.TagGroup); n > crm.MaxTagName || strings.ContainsAny(o.TagGroup, "\r\n\t") {
		return o, fmt.Errorf("tag-group: %q is no name of at most %d characters: %w", o.TagGroup, crm.MaxTagName, ErrUsage)
	}
	return o, nil
}

// identity is the canonical text of all that changes the result; a run is
// resumed only by one of the same identity.
func (o Options) identity() string {
	b, err := json.Marshal(o)
	if err != nil {
		panic("importer: " + err.Error()) // plain values
	}
	return string(b)
}

// changed lists the options that differ from the defaults, as flags.
func (o Options) changed() []string {
	var out []string
	for _, f := range []struct {
		flag string
		on   bool
	}{
		{"--existing " + string(o.Existing), o.Existing != UpdateExisting},
		{"--only-existing", o.OnlyExisting},
		{"--tags " + string(o.Tags), o.Tags != AddTags},
		{"--create-tags", o.CreateTags},
		{"--tag-group " + o.TagGroup, o.TagGroup != ""},
		{"--in-bin reject", o.RejectInBin},
		{"--missing disable", o.DisableMissing},
		{"--sheet " + o.Sheet, o.Sheet != ""},
		{"--encoding " + o.Encoding, o.Encoding != "" && o.Encoding != "auto"},
		{"--header-row " + strconv.Itoa(o.HeaderRow), o.HeaderRow != 0},
		{"--fill-merged", o.FillMerged},
		{"--skip-hidden", o.SkipHidden},
		{"--atomic", o.Atomic},
	} {
		if f.on {
			out = append(out, f.flag)
		}
	}
	return out
}

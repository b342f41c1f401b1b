package store

import (
	"fmt"
	"time"
	"unicode/utf8"

	"tagkeep/internal/crm"
)

// Meta is what a database says about itself.
type Meta struct {
	UUID      string `db:"uuid"`
	Company   string `db:"company"`
	TimeZone  string `db:"timezone"` // an IANA name
	Lang      string `db:"lang"`
	CreatedAt int64  `db:"created_at"`
	Rev       int64  `db:"rev"`
}

// Location is the company's time zone, in which dates in spreadsheets are read.
func (m Meta) Location() (*time.Location, error) {
	loc, err := time.LoadLocation(m.TimeZone)
	if err != nil {
		return nil, fmt.Errorf("load the company's time zone: %w", err)
	}
	return loc, nil
}

// Meta is what the database said about itself when it was opened.
func (tx *Tx) Meta() Meta { return tx.db.meta }

// Settings of a new database; the zero value is a Chinese company in Shanghai.
type Settings struct {
	Company  string
	TimeZone string
	Lang     crm.Lang
}

// complete fills in what is not set and refuses what cannot be.
func (s Settings) complete() (Settings, error) {
	if s.TimeZone == "" {
		s.TimeZone = DefaultTimeZone
	}
	if s.Lang == "" {
		s.Lang = crm.Chinese
	}
	if _, err := time.LoadLocation(s.TimeZone); err != nil {
		return s, err
	}
	if n := utf8.RuneCountInString(s.Company); n > maxCompany {
		return s, fmt.Errorf("the company's name has %d characters, at most %d fit", n, maxCompany)
	}
	return s, nil
}

// Language of the company.
func (m Meta) Language() crm.Lang { return crm.Lang(m.Lang) }

// DefaultTimeZone of a new database.
const DefaultTimeZone = "Asia/Shanghai"

// maxCompany is how many characters a company's name may have.
const maxCompany = 64

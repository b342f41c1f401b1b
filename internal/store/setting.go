package store

import (
	"errors"
	"fmt"
)

// settingRetention is the row of the setting that says for how many days things
// stay in the recycle bin.
const settingRetention = 1

// DefaultRetention is for how many days things stay in the recycle bin unless
// the company has decided otherwise; MaxRetention bounds that.
const (
	DefaultRetention = 90
	MaxRetention     = 36500
)

// Retention is for how many days things stay in the recycle bin.
func (tx *Tx) Retention() (days int64, err error) {
	err = tx.Get(&days, "SELECT value FROM setting WHERE id = ?", settingRetention)
	if errors.Is(err, ErrNoRow) {
		return DefaultRetention, nil
	}
	return days, err
}

// SetRetention changes it for what is deleted from now on. ErrRefused unless it
// is from 1 to MaxRetention.
func (tx *Tx) SetRetention(days int64) error {
	if days < 1 || days > MaxRetention {
		return fmt.Errorf("keep the bin for %d days: %w", days, ErrRefused)
	}
	n, err := tx.Exec("UPDATE setting SET value = ? WHERE id = ?", days, settingRetention)
	if err == nil && n == 0 {
		err = tx.Insert("setting", []string{"id", "value"}, [][]any{{settingRetention, days}})
	}
	return err
}

const dayMillis = 24 * 60 * 60 * 1000

// Expiry is until when something that goes into the bin now stays there, in
// epoch milliseconds.
func (tx *Tx) Expiry() (int64, error) {
	days, err := tx.Retention()
	return tx.Now + days*dayMillis, err
}

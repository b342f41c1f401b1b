//go:build !windows

package report

import (
	"errors"
	"syscall"
)

// openElsewhere: other systems let a file be written that a program has open.
func openElsewhere(error) bool { return false }

func diskFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

package report

import (
	"errors"
	"syscall"
)

// Windows error numbers that package syscall has no names for.
const (
	sharingViolation = syscall.Errno(32)
	lockViolation    = syscall.Errno(33)
	handleDiskFull   = syscall.Errno(39)
	diskFullErrno    = syscall.Errno(112)
)

func openElsewhere(err error) bool {
	return errors.Is(err, sharingViolation) || errors.Is(err, lockViolation)
}

func diskFull(err error) bool {
	return errors.Is(err, diskFullErrno) || errors.Is(err, handleDiskFull)
}

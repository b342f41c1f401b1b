//go:build !windows

package snapshot

import "syscall"

// freeBytes is the room that this user has on the disk of a folder.
func freeBytes(dir string) (int64, error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}

// SameDisk reports whether two paths lie on one disk.
func SameDisk(a, b string) (bool, error) {
	var one, two syscall.Stat_t
	if err := syscall.Stat(a, &one); err != nil {
		return false, err
	}
	if err := syscall.Stat(b, &two); err != nil {
		return false, err
	}
	return one.Dev == two.Dev, nil
}

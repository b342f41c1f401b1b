package report

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"tagkeep/internal/crm"
)

// Writable returns an error unless a file can be made in the directory dir. It
// makes one and removes it: only that tells on every system.
func Writable(dir string) error {
	f, err := os.CreateTemp(dir, ".tagkeep-*.tmp")
	if err != nil {
		return fmt.Errorf("directory %s is not writable: %w", dir, err)
	}
	_, err = f.Write([]byte("tagkeep"))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if removed := os.Remove(f.Name()); err == nil {
		err = removed
	}
	if err != nil {
		return fmt.Errorf("directory %s is not writable: %w", dir, err)
	}
	return nil
}

// FileHint is the next step after err, the failure to read or write a file: ""
// where there is nothing to say beyond the error itself.
func FileHint(lang crm.Lang, err error) string {
	switch {
	case err == nil:
		return ""
	case openElsewhere(err):
		return lang.Pick("文件正在 Excel 或 WPS 里打开，请关闭后再试", "the file is open in Excel or WPS: close it there and try again")
	case diskFull(err):
		return lang.Pick("磁盘已满，请腾出空间后再试，或用 --errors 写到别处", "the disk is full: free some space and try again, or write elsewhere with --errors")
	case errors.Is(err, fs.ErrPermission):
		return lang.Pick("没有该文件夹的写权限，请用 --errors 写到别处", "the folder may not be written: write elsewhere with --errors")
	case errors.Is(err, fs.ErrNotExist):
		return lang.Pick("文件夹不存在，请检查路径", "the folder does not exist: check the path")
	}
	return ""
}

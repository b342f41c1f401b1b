package admin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"tagkeep/internal/sheet"
)

// Written is a file that is complete.
type Written struct {
	File  string `json:"file"` // absolute
	Rows  int64  `json:"rows"`
	Bytes int64  `json:"bytes"`
}

// spreadsheet starts a file that will appear at path when it is committed, in
// the format that its name says: .csv or .xlsx.
func spreadsheet(path string, force bool) (file *sheet.NewFile, format string, err error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, "", fmt.Errorf("export to %s: %w", path, err)
	}
	format = strings.ToLower(filepath.Ext(abs))
	if format != ".csv" && format != ".xlsx" {
		return nil, "", unfit("USAGE", "文件名要以 .xlsx 或 .csv 结尾："+path, "the file's name must end in .xlsx or .csv: "+path, "例如 "+path+".xlsx", "such as "+path+".xlsx")
	}
	if _, err := os.Stat(abs); err == nil && !force {
		return nil, "", unfit("FILE_EXISTS", "文件已存在："+path, "the file exists: "+path, "换一个文件名，或加 --force 覆盖", "choose another name, or replace it with --force")
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", fmt.Errorf("export to %s: %w", path, err)
	}
	file, err = sheet.Create(abs)
	return file, format, err
}

// committed lets the file appear.
func committed(file *sheet.NewFile, path string, rows int64, force bool) (Written, error) {
	final, err := file.Commit(force)
	if err != nil {
		return Written{}, fmt.Errorf("export to %s: %w", path, err)
	}
	st, err := os.Stat(final)
	if err != nil {
		return Written{}, fmt.Errorf("export to %s: %w", path, err)
	}
	return Written{File: final, Rows: rows, Bytes: st.Size()}, nil
}

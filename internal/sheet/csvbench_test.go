package sheet

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// benchmarkFiles are rows as customers are listed: mostly ASCII, mostly
// Chinese, all quoted, and in the encoding of Excel on a Chinese Windows.
func benchmarkFiles(b *testing.B) map[string][]byte {
	const size = 8 << 20
	repeat := func(row string) []byte {
		var buf bytes.Buffer
		for i := 0; buf.Len() < size; i++ {
			fmt.Fprintf(&buf, row, i)
		}
		return buf.Bytes()
	}
	chinese := "wm%07d,欧阳娜娜,13800138000,意向:高意向;来源:线下活动,王小明,深夜活跃、待复购的老客户,2024-03-05\r\n"
	gb, err := legacyEncoding(encGB18030).NewEncoder().Bytes(repeat(chinese))
	if err != nil {
		b.Fatal(err)
	}
	return map[string][]byte{
		"ascii":   repeat("wm%07d,John Smith,13800138000,intent:high;source:event,wangxm,a note of some length,2024-03-05\r\n"),
		"chinese": repeat(chinese),
		"quoted":  repeat(`"wm%07d","John Smith","13800138000","intent:high, source:event","wangxm","said ""yes"" twice","2024-03-05"` + "\n"),
		"gb18030": gb,
	}
}

func BenchmarkCSVRead(b *testing.B) {
	for name, content := range benchmarkFiles(b) {
		b.Run(name, func(b *testing.B) {
			f := openContent(b, content, Options{})
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			rows := make([]Row, 1000)
			for b.Loop() {
				r, err := f.Rows(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				for err == nil {
					_, err = r.Read(rows)
				}
				if err != io.EOF {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	for name, content := range benchmarkFiles(b) {
		b.Run(name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "a.csv")
			if err := os.WriteFile(path, content, 0o600); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(content)))
			for b.Loop() {
				f, err := Open(b.Context(), path, Options{})
				if err != nil {
					b.Fatal(err)
				}
				f.Close()
			}
		})
	}
}

func BenchmarkCSVWrite(b *testing.B) {
	row := strings.Split("wm0000001,欧阳娜娜,13800138000,意向:高意向;来源:线下活动,王小明,深夜活跃、待复购的老客户,2024-03-05", ",")
	for _, enc := range []string{encUTF8, encGB18030} {
		b.Run(enc, func(b *testing.B) {
			w, err := NewCSVWriter(io.Discard, CSVFormat{Encoding: enc})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(strings.Join(row, ","))))
			b.ReportAllocs()
			for b.Loop() {
				if err := w.Write(row); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

package samples

import (
	"bytes"
	"os"
	"path/filepath"
)

// sampleSeed is the seed of the sound sample files.
const sampleSeed = 1

// Make returns the content of every sample file by name. The package embeds
// what it returned when the samples were last made (see samples/gen).
func Make() (map[string][]byte, error) {
	files := make(map[string][]byte)
	for name, o := range map[string]Options{
		"staff.xlsx":            {Kind: "staff", Rows: 21, Format: "xlsx"},
		"tags.xlsx":             {Kind: "tags", Rows: 40, Format: "xlsx"},
		"customers.xlsx":        {Kind: "customers", Rows: 200, Format: "xlsx"},
		"customers-gb18030.csv": {Kind: "customers", Rows: 200, Encoding: "gb18030"},
	} {
		o.Seed = sampleSeed
		var b bytes.Buffer
		if _, err := Generate(&b, o); err != nil {
			return nil, err
		}
		files[name] = b.Bytes()
	}
	files["messy.csv"], files["messy.csv.expected.json"] = messyCSV()
	var err error
	files["messy.xlsx"], files["messy.xlsx.expected.json"], err = messyXLSX()
	return files, err
}

// MakeIn writes the sample files into a directory, over those there.
func MakeIn(dir string) error {
	files, err := Make()
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

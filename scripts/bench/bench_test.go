package main

import (
	"bytes"
	"database/sql"
	"errors"
	"strings"
	"testing"
)

func TestMiddle(t *testing.T) {
	for _, tt := range []struct {
		seconds []float64
		want    float64
	}{
		{[]float64{3}, 3},
		{[]float64{3, 1}, 1},
		{[]float64{3, 1, 2}, 2},
		{[]float64{4, 1, 3, 2}, 2},
	} {
		var all []usage
		for i, s := range tt.seconds {
			all = append(all, usage{seconds: s, peak: int64(i + 1)})
		}
		if got := middle(all); got.seconds != tt.want || got.peak != int64(len(all)) {
			t.Errorf("middle of %v: %v s, peak %d; want %v s, peak %d", tt.seconds, got.seconds, got.peak, tt.want, len(all))
		}
	}
}

func TestFloorMet(t *testing.T) {
	o := outcome{rows: 1000, seconds: 2, peak: 100 << 20, peer: "peer", peerSeconds: 4}
	alone := outcome{rows: 1000, seconds: 2}
	for _, tt := range []struct {
		floor      floor
		o          outcome
		met, known bool
	}{
		{floor{atMostSeconds, 2}, o, true, true},
		{floor{atMostSeconds, 1.9}, o, false, true},
		{floor{atMostRatio, 0.5}, o, true, true},
		{floor{atMostRatio, 0.4}, o, false, true},
		{floor{timesFaster, 2}, o, true, true},
		{floor{timesFaster, 3}, o, false, true},
		{floor{rowsPerSecond, 500}, o, true, true},
		{floor{rowsPerSecond, 501}, o, false, true},
		{floor{atMostMiB, 100}, o, true, true},
		{floor{atMostMiB, 99}, o, false, true},
		{floor{atMostRatio, 1}, alone, true, false},
		{floor{timesFaster, 1}, alone, false, false},
		{floor{atMostMiB, 1}, alone, true, false},
	} {
		met, known := tt.floor.met(tt.o)
		if known != tt.known || known && met != tt.met {
			t.Errorf("%v of %+v: met %v, known %v", tt.floor, tt.o, met, known)
		}
	}
}

func TestNewLine(t *testing.T) {
	r := row{name: "work", floor: floor{atMostRatio, 1}}
	o := outcome{rows: 10, seconds: 1, peerSeconds: 2}
	for _, tt := range []struct {
		o    outcome
		err  error
		want string
	}{
		{o, nil, "yes"},
		{outcome{rows: 10, seconds: 3, peerSeconds: 2}, nil, "NO"},
		{outcome{rows: 10, seconds: 3}, nil, "-"},
		{o, missing("no shell"), "missing"},
		{outcome{}, errors.New("broken"), "FAILED"},
	} {
		if got := newLine(r, tt.o, tt.err).met(); got != tt.want {
			t.Errorf("%+v, %v: %q, want %q", tt.o, tt.err, got, tt.want)
		}
	}
}

func TestRewrite(t *testing.T) {
	in := "a,b\n" + strings.Repeat("1,2\n", 20)
	var out bytes.Buffer
	changes, err := rewrite(&out, strings.NewReader(in), "b", "x", threeOfTen)
	if err != nil || changes != 6 {
		t.Fatalf("%d changes, %v; want 6", changes, err)
	}
	if n := strings.Count(out.String(), "1,x\n"); n != 6 || out.Len() != len(in) {
		t.Errorf("%d rows are changed, want 6:\n%s", n, out.String())
	}
	if _, err := rewrite(&out, strings.NewReader(in), "c", "x", threeOfTen); err == nil {
		t.Error("a missing column is no error")
	}
}

func TestFormats(t *testing.T) {
	columns := []column{{"id", true, true}, {"name", false, false}, {"phone", false, false}}
	rows := [][]sql.RawBytes{
		{[]byte("1"), []byte("a\t'\\\n\x00"), nil},
		{[]byte("2"), []byte("王"), []byte("")},
		{[]byte("3"), []byte("x"), []byte("NULL")},
	}
	for _, tt := range []struct {
		name   string
		format format
		want   string
	}{
		{"LOAD DATA", tabs{}, "1\ta\\\t'\\\\\\\n\\0\t\\N\n2\t王\t\n3\tx\tNULL\n"},
		{"upserts", &upserts{batch: 2}, "" +
			"INSERT INTO t (id,name,phone) VALUES\n(1,'a\t\\'\\\\\\n\\0',NULL),\n(2,'王','')\nON DUPLICATE KEY UPDATE name=VALUES(name),phone=VALUES(phone);\n" +
			"INSERT INTO t (id,name,phone) VALUES\n(3,'x','NULL')\nON DUPLICATE KEY UPDATE name=VALUES(name),phone=VALUES(phone);\n"},
	} {
		got := tt.format.head(nil, "t", columns)
		for _, cells := range rows {
			got = tt.format.row(got, cells)
		}
		if got = tt.format.tail(got); string(got) != tt.want {
			t.Errorf("%s:\n%q\nwant\n%q", tt.name, got, tt.want)
		}
	}
}

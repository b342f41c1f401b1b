package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
)

// table is all results, in the shape of the JSON file.
type table struct {
	Rows     int       `json:"rows"`
	Runs     int       `json:"runs"`
	Versions []version `json:"versions"`
	Lines    []line    `json:"results"`
}

// line is one result. What was not measured is null.
type line struct {
	Work        string   `json:"work"`
	Rows        int      `json:"rows"`
	Seconds     *float64 `json:"seconds"`
	RowsPerS    *float64 `json:"rows_per_s"`
	Peer        string   `json:"peer"`
	PeerSeconds *float64 `json:"peer_seconds"`
	Ratio       *float64 `json:"ratio"` // our time to the peer's
	Floor       string   `json:"floor"`
	Met         *bool    `json:"met"`
	PeakMiB     *float64 `json:"peak_mib"`
	PeerPeakMiB *float64 `json:"peer_peak_mib"`
	Missing     string   `json:"missing,omitempty"` // a program or a server
	Failed      string   `json:"failed,omitempty"`
}

// newLine is the line of a row; what was measured before an error is kept.
func newLine(r row, o outcome, err error) line {
	l := line{Work: r.name, Rows: o.rows, Peer: o.peer, Floor: r.floor.String(), Seconds: known(o.seconds), RowsPerS: known(o.rate()),
		PeerSeconds: known(o.peerSeconds), Ratio: known(o.ratio()), PeakMiB: known(mib(o.peak)), PeerPeakMiB: known(mib(o.peerPeak))}
	var lacking missing
	switch {
	case errors.As(err, &lacking):
		l.Missing = lacking.Error()
	case err != nil:
		l.Failed = err.Error()
	}
	if met, ok := r.floor.met(o); ok && o.seconds > 0 && err == nil {
		l.Met = &met
	}
	return l
}

// known is nil for what was not measured.
func known(x float64) *float64 {
	if x == 0 {
		return nil
	}
	return &x
}

// print writes the table for people.
func (t table) print(w io.Writer) error {
	fmt.Fprintf(w, "\n%d rows, median of %d\n", t.Rows, t.Runs)
	for _, v := range t.Versions {
		fmt.Fprintf(w, "  %s: %s\n", v.Program, v.Version)
	}
	fmt.Fprintln(w)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "work\trows\tseconds\trows/s\tpeer\tpeer s\tratio\tfloor\tmet\tpeak MiB\tpeer MiB")
	for _, l := range t.Lines {
		cells := []string{l.Work, number(l.rows(), 0), number(l.Seconds, 2), number(l.RowsPerS, 0), l.Peer,
			number(l.PeerSeconds, 2), number(l.Ratio, 2), l.Floor, l.met(), number(l.PeakMiB, 0), number(l.PeerPeakMiB, 0)}
		fmt.Fprintln(tw, strings.Join(cells, "\t"))
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, l := range t.Lines {
		if note := l.Missing + l.Failed; note != "" {
			fmt.Fprintf(w, "\n%s: %s: %s", l.Work, l.met(), note)
		}
	}
	_, err := fmt.Fprintln(w)
	return err
}

// say tells of a line as soon as it is measured.
func (l line) say(w io.Writer) {
	fmt.Fprintf(w, "bench: %s: %s s, ratio %s, %s MiB; floor %s: %s\n",
		l.Work, number(l.Seconds, 2), number(l.Ratio, 2), number(l.PeakMiB, 0), l.Floor, l.met())
}

func (l line) rows() *float64 { return known(float64(l.Rows)) }

func (l line) met() string {
	switch {
	case l.Missing != "":
		return "missing"
	case l.Failed != "":
		return "FAILED"
	case l.Met == nil:
		return "-"
	case *l.Met:
		return "yes"
	}
	return "NO"
}

func number(x *float64, digits int) string {
	if x == nil {
		return "-"
	}
	return strconv.FormatFloat(*x, 'f', digits, 64)
}

// save writes the table as JSON.
func (t table) save(file string) error {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false) // floors are written with < and >
	enc.SetIndent("", "  ")
	if err := enc.Encode(t); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return os.WriteFile(file, text.Bytes(), 0o666)
}

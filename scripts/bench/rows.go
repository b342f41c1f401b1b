package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
)

// allRows are the lines of the table, in the order in which they are measured:
// later ones use what earlier ones made, and make it themselves under -only.
func allRows() []row {
	return slices.Concat(checkRows, importRows, readRows, faultRows, againRows, exportRows, memoryRows, snapshotRows, binRows)
}

// A row is one kind of work and what it must reach.
type row struct {
	name    string
	floor   floor
	measure func(context.Context, *bench) (outcome, error)
}

// An outcome is what was measured: medians of the runs, the highest peak.
type outcome struct {
	rows    int
	seconds float64
	peak    int64 // bytes of resident memory, 0 where the system does not say

	peer        string // what it is compared with, "" for a fixed floor
	peerSeconds float64
	peerPeak    int64
}

// of fills in what the process under test took.
func (u usage) of(rows int) outcome {
	return outcome{rows: rows, seconds: u.seconds, peak: u.peak}
}

// against adds what the peer took for the same work.
func (o outcome) against(peer string, u usage) outcome {
	o.peer, o.peerSeconds, o.peerPeak = peer, u.seconds, u.peak
	return o
}

func (o outcome) rate() float64 { return quotient(float64(o.rows), o.seconds) }

// ratio is our time to the peer's, 0 without a peer.
func (o outcome) ratio() float64 { return quotient(o.seconds, o.peerSeconds) }

func quotient(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// missing is the error of a measurement that lacks a program or a server.
type missing string

func (m missing) Error() string { return string(m) }

// A metric is what a floor is about.
type metric int

const (
	atMostSeconds metric = iota
	atMostRatio          // our time to the peer's
	timesFaster          // the peer's time to ours, at least
	rowsPerSecond        // at least
	atMostMiB            // peak of resident memory
)

// A floor is what a row must reach.
type floor struct {
	metric metric
	limit  float64
}

func (f floor) String() string {
	limit := strconv.FormatFloat(f.limit, 'f', -1, 64)
	switch f.metric {
	case atMostSeconds:
		return "<= " + limit + " s"
	case atMostRatio:
		return "<= " + limit + " x"
	case timesFaster:
		return ">= " + limit + " x faster"
	case rowsPerSecond:
		return ">= " + limit + " rows/s"
	case atMostMiB:
		return "<= " + limit + " MiB"
	}
	panic(fmt.Sprintf("floor: unknown metric %d", f.metric))
}

// met compares an outcome with the floor; known is false where what the floor
// is about was not measured.
func (f floor) met(o outcome) (met, known bool) {
	switch f.metric {
	case atMostSeconds:
		return o.seconds <= f.limit, true
	case atMostRatio:
		return o.ratio() <= f.limit, o.peerSeconds > 0
	case timesFaster:
		return o.peerSeconds >= f.limit*o.seconds, o.peerSeconds > 0
	case rowsPerSecond:
		return o.rate() >= f.limit, true
	case atMostMiB:
		return mib(o.peak) <= f.limit, o.peak > 0
	}
	panic(fmt.Sprintf("floor: unknown metric %d", f.metric))
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }

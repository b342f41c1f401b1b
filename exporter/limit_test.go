package exporter

// WithMaxRows makes the sheets of an export shorter than Excel's, for tests.
func (o Options) WithMaxRows(n int) Options {
	o.maxRows = n
	return o
}

//go:build race

package access

// underRace: the race detector makes everything some ten times slower, and the
// same properties are tried in full without it.
const underRace = true

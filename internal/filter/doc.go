// Package filter is the language of --where: which customers, tags, tag groups,
// staff or grants a command takes. docs/filter.md shows it to its users.
//
// [Parse] reads the text, [Expr.Check] says whether its conditions make sense for
// a kind, [Expr.Bind] looks up the names in it in a company, and the [Filter]
// answers for one thing at a time. There is no I/O and no SQL: both databases
// give the same answers because neither is asked. A Filter may be used by
// several goroutines at once.
//
// # What conditions mean
//
// A field has no value, one or several: a customer has the tags of all followers,
// and their remarks. =, ~, <, <=, > and >= hold when they hold for any of the
// values; != and no are the opposites of = and has, so that a customer of two
// followers is not chosen by follower != zhang when zhang is one of them.
// A thing without a value is neither before nor after any date.
//
// Whoever binds decides what can be named: a company without the tags that
// somebody may not see answers for these tags as for ones that do not exist.
package filter

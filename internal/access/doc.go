// Package access answers who may do what with tags and tag groups, and why not.
//
// A [World] is made from a [crm.Company] whose facts were read at one moment, with one clock
// reading among them. [World.Decide] answers with the whole chain of questions
// that the action asks, in a fixed order, each with a code, a sentence in
// Chinese and English, who can fix it and the command or menu path that does.
// [World.Allowed] is the same answer alone; [World.Tags], [World.Groups] and
// [World.Who] are the same predicate as a set.
//
// # What counts
//
// Roles come first: super admins have everything, auditors see everything and
// change nothing. For everybody else a level on the object is found so:
//
//   - a matching grant with level hidden is a deny, lasting or temporary, on the
//     tag, its group or everything, and wins over all others;
//   - else the nearest lasting grant decides, upwards or downwards: the tag's
//     before its group's before that on everything; then the person's before
//     their department's, that of a nearer department above before a farther
//     one's, and those of the role last; among equals the highest level;
//   - else the default: a shared group is used by all and edited by those with
//     the tag-configuration permission; a department group is used by the staff
//     of the department and below, edited by those of them with that permission
//     and by its department admins, and hidden from all others;
//   - temporary grants only raise the result.
//
// A question about a group does not look at grants on its tags: a tag can be
// seen, by a grant of its own, inside a group that cannot.
//
// # What it promises and what not
//
// There is no I/O and no clock, and nothing is changed: a World may be used by
// several goroutines at once, and gives the same answers for ever. It does not
// notice that a grant ends; for a later moment make a new one from new facts.
// Whatever is not among the facts (a person, a department, a tag) does not exist
// and is allowed to nobody.
//
// It does not hide anything by itself: a chain names what it was asked about.
// Whoever shows it to the subject looks at [Decision.Seen] first, and answers
// "not found" where that is false.
package access

// Package report accounts for the rows of a spreadsheet and tells people what
// was wrong with them: a Ledger that must balance, sentences in Chinese and
// English for every code, a Tally that groups a million faults into a screenful,
// and a Repair file that holds the rejected rows, ready to be corrected and
// imported as it is.
//
// The normal path: each crm.Problem goes to a Tally; the rows that have errors
// go, with their problems, to a Repair; at the end Ledger.Check proves that no
// row was lost and Repair.Finish makes the file appear.
//
// Memory does not grow with the number of faults. Nothing here reads a
// database or a clock, and nothing prints.
//
// # Arguments of problems
//
// A crm.Problem carries no sentence, only Args. Which they are is a contract
// with the packages that find problems. Arguments at the end may be left out
// or be ""; the sentence then does without them.
//
//	REQUIRED             what is missing, or the token "key"
//	TOO_LONG             limit, actual length, both in characters
//	BAD_FORMAT           a token of message_formats.go, or words; depth: limit, actual
//	BAD_PHONE            token phone-list, the part that is no number
//	BAD_DATE             –, or one of the tokens "ended", "ends-before-start"
//	AMBIGUOUS_DATE       the two dates it may mean
//	NOT_IN_LIST          the allowed values in Chinese, in English
//	UNKNOWN_GROUP        name, nearest existing name, the tag that was meant in it
//	UNKNOWN_TAG          name as a tag cell has it (标签, 组:标签, "a:b":c), nearest
//	UNKNOWN_STAFF        name or account, nearest
//	UNKNOWN_DEPARTMENT   path, nearest
//	TAG_AMBIGUOUS        tag, groups ("组A、组B")
//	STAFF_AMBIGUOUS      name, accounts
//	CUSTOMER_AMBIGUOUS   phone, how many or which
//	KEY_CONFLICT         header, customer, other header, other customer
//	DUP_IN_FILE          – (Related: the row that comes first)
//	DUP_IN_DB            what exists already: its name
//	CONFLICT_UPDATE      header, the other row's value (Related: that row)
//	GROUP_IN_BIN         name, deletion ("D7")
//	TAG_IN_BIN           name, deletion
//	IN_BIN               name, deletion
//	NOT_ALLOWED          what is missing in Chinese, in English, what to do in Chinese,
//	                     in English; or a token of message_rights.go and a name
//	NOT_FOLLOWED         staff member; or token "by-others" or "new", the person who imports
//	MERGED_CELL          range ("A5:A9")
//	BAD_ENCODING         byte offset in the file
//	CONTROL_CHAR         the character ("U+0000")
//	TOO_MANY_CELLS       number of columns in the header
//	LIMIT_REACHED        limit, one of the tokens "tags", "pair-tags", "single-choice",
//	                     "temporary-hours"
//	DB_REJECTED          the database's reason
//	SHARED_PHONE         how many other customers have it
//	NEAR_DUPLICATE       the other name
//	LONG_NAME            limit (15), actual length
//	UNKNOWN_COLUMN       nearest known header
//	HIDDEN_ROWS          how many
//	OTHER_SHEETS         their names
//	SAME_FILE            earlier run ("R7"), its time
//	ACTIVE_CONTENT       what, as in sheet.Info.Active
//
// The first two of UNKNOWN_GROUP, UNKNOWN_TAG, GROUP_IN_BIN and TAG_IN_BIN may be
// followed by the token ToDelete. All other codes take none.
package report

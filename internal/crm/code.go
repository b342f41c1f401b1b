package crm

// Code names one thing that can be wrong, or worth knowing, about a row. Codes
// are a contract: scripts and repair files rely on them, so they are never
// renamed. The list is closed and explained in docs/codes.md.
type Code string

// Errors: the row is not imported.
const (
	Required             Code = "REQUIRED"
	TooLong              Code = "TOO_LONG"
	BadFormat            Code = "BAD_FORMAT"
	BadPhone             Code = "BAD_PHONE"
	BadEmail             Code = "BAD_EMAIL"
	BadDate              Code = "BAD_DATE"
	AmbiguousDate        Code = "AMBIGUOUS_DATE"
	NotInList            Code = "NOT_IN_LIST"
	UnknownGroup         Code = "UNKNOWN_GROUP"
	UnknownTag           Code = "UNKNOWN_TAG"
	UnknownStaff         Code = "UNKNOWN_STAFF"
	UnknownDepartment    Code = "UNKNOWN_DEPARTMENT"
	UnknownCustomer      Code = "UNKNOWN_CUSTOMER"
	TagAmbiguous         Code = "TAG_AMBIGUOUS"
	StaffAmbiguous       Code = "STAFF_AMBIGUOUS"
	CustomerAmbiguous    Code = "CUSTOMER_AMBIGUOUS"
	KeyConflict          Code = "KEY_CONFLICT"
	DupInFile            Code = "DUP_IN_FILE"
	DupInDB              Code = "DUP_IN_DB"
	ConflictUpdate       Code = "CONFLICT_UPDATE"
	GroupInBin           Code = "GROUP_IN_BIN"
	TagInBin             Code = "TAG_IN_BIN"
	NotAllowed           Code = "NOT_ALLOWED"
	NotFollowed          Code = "NOT_FOLLOWED"
	PrecisionLost        Code = "PRECISION_LOST"
	PrecisionSuspect     Code = "PRECISION_SUSPECT"
	FormulaNotCalculated Code = "FORMULA_NOT_CALCULATED"
	FormulaError         Code = "FORMULA_ERROR"
	MergedCell           Code = "MERGED_CELL"
	BadEncoding          Code = "BAD_ENCODING"
	ControlChar          Code = "CONTROL_CHAR"
	UnterminatedQuote    Code = "UNTERMINATED_QUOTE"
	TooManyCells         Code = "TOO_MANY_CELLS"
	LimitReached         Code = "LIMIT_REACHED"
	DBRejected           Code = "DB_REJECTED"
)

// Warnings: the row, or the file, is imported and the fact is reported.
// PrecisionSuspect and MergedCell appear as either; Problem.Warn decides.
const (
	InBin         Code = "IN_BIN"
	SharedPhone   Code = "SHARED_PHONE"
	NearDuplicate Code = "NEAR_DUPLICATE"
	LongName      Code = "LONG_NAME"
	UnknownColumn Code = "UNKNOWN_COLUMN"
	HiddenRows    Code = "HIDDEN_ROWS"
	OtherSheets   Code = "OTHER_SHEETS"
	SameFile      Code = "SAME_FILE"
	NoRows        Code = "NO_ROWS"
	ActiveContent Code = "ACTIVE_CONTENT"
	QuoteRepaired Code = "QUOTE_REPAIRED"
	LeadingZero   Code = "LEADING_ZERO"
	PictureCell   Code = "PICTURE_CELL"
)

// ErrorCodes and WarningCodes are the closed list in the order of
// docs/codes.md.
var (
	ErrorCodes = []Code{
		Required, TooLong, BadFormat, BadPhone, BadEmail, BadDate, AmbiguousDate, NotInList,
		UnknownGroup, UnknownTag, UnknownStaff, UnknownDepartment, UnknownCustomer,
		TagAmbiguous, StaffAmbiguous, CustomerAmbiguous, KeyConflict,
		DupInFile, DupInDB, ConflictUpdate, GroupInBin, TagInBin, NotAllowed, NotFollowed,
		PrecisionLost, PrecisionSuspect, FormulaNotCalculated, FormulaError, MergedCell,
		BadEncoding, ControlChar, UnterminatedQuote, TooManyCells, LimitReached, DBRejected,
	}
	WarningCodes = []Code{
		InBin, SharedPhone, NearDuplicate, LongName, UnknownColumn, HiddenRows, OtherSheets,
		SameFile, NoRows, ActiveContent, QuoteRepaired, LeadingZero, PictureCell,
	}
)

// Problem is one fact about one row (or, with Row 0, about the file). It holds
// no sentence: package report turns it into Chinese or English.
type Problem struct {
	Code Code `json:"code"`
	// Row is the row as the spreadsheet shows it, 0 for the whole file.
	Row int `json:"row,omitempty"`
	// Column is the 0-based sheet column, -1 when the row as a whole is meant.
	Column int `json:"col"`
	// Value is the cell's text as it was read, before any normalising.
	Value string `json:"value,omitempty"`
	// Related is the row that this one repeats or contradicts, 0 for none.
	Related int `json:"related,omitempty"`
	// Args fill the places {0}, {1}, … of the code's sentence; which they are
	// stands beside each sentence in package report.
	Args []string `json:"args,omitempty"`
	// Warn: the row is imported all the same.
	Warn bool `json:"warn,omitempty"`
}

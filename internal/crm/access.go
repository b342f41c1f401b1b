package crm

// Level is what a grant gives on an object, from nothing to everything. Each
// level holds those below it.
type Level string

// The levels. LevelHidden is a deny: whoever has it by any grant sees nothing,
// whatever other grants say.
const (
	LevelHidden Level = "hidden" // 隐藏
	LevelView   Level = "view"   // 查看
	LevelUse    Level = "use"    // 使用: tag customers with it
	LevelEdit   Level = "edit"   // 编辑
)

// Levels lists every level, from the least up.
var Levels = []Level{LevelHidden, LevelView, LevelUse, LevelEdit}

// Kinds of subjects of a grant.
const (
	SubjectRole       = "role"
	SubjectDepartment = "department"
	SubjectStaff      = "staff"
)

// Kinds of objects of a grant.
const (
	ObjectAll   = "all"
	ObjectGroup = "group"
	ObjectTag   = "tag"
)

// MaxTemporaryMillis is how long a temporary grant may last from its start: 72
// hours. The database enforces it too.
const MaxTemporaryMillis = 72 * 60 * 60 * 1000

// Grant gives a subject a level on an object. It is revoked, never erased.
type Grant struct {
	ID           int64  `db:"id"`
	SubjectKind  string `db:"subject_kind"` // role, department or staff
	SubjectID    int64  `db:"subject_id"`   // of the department or person, 0 for a role
	SubjectRole  string `db:"subject_role"` // one of the Role constants, "" unless a role
	WithSub      bool   `db:"with_sub"`     // a department's sub-departments too
	ObjectKind   string `db:"object_kind"`  // all, group or tag
	ObjectID     int64  `db:"object_id"`    // 0 for all
	Level        Level  `db:"level"`
	StartsAt     int64  `db:"starts_at"` // 0 = from the beginning
	EndsAt       int64  `db:"ends_at"`   // 0 = lasting, else temporary: the first moment without it
	Reason       string `db:"reason"`
	RequestID    int64  `db:"request_id"` // the request it answers, 0 for none
	EventID      int64  `db:"event_id"`   // grants made in one go share it, 0 for none
	CreatedAt    int64  `db:"created_at"`
	CreatedBy    int64  `db:"created_by"` // 0 = the operator
	RevokedAt    int64  `db:"revoked_at"` // 0 = stands
	RevokedBy    int64  `db:"revoked_by"`
	RevokeReason string `db:"revoke_reason"`
	Version      int64  `db:"version"`
}

// Temporary reports whether the grant ends by itself.
func (g *Grant) Temporary() bool { return g.EndsAt != 0 }

// ActiveAt reports whether the grant has effect at a moment, in epoch
// milliseconds.
func (g *Grant) ActiveAt(now int64) bool {
	return g.RevokedAt == 0 && g.StartsAt <= now && (g.EndsAt == 0 || now < g.EndsAt)
}

// States of a request.
const (
	RequestOpen     = "open"
	RequestApproved = "approved"
	RequestDenied   = "denied"
)

// Request is somebody's wish for a level on an object.
type Request struct {
	ID         int64  `db:"id"`
	StaffID    int64  `db:"staff_id"`
	Action     string `db:"action"`      // what was tried: view, use, edit, …
	ObjectKind string `db:"object_kind"` // all, group or tag
	ObjectID   int64  `db:"object_id"`
	CustomerID int64  `db:"customer_id"` // the customer that it was about, 0 for none
	Level      Level  `db:"level"`
	Reason     string `db:"reason"`
	StartsAt   int64  `db:"starts_at"` // as asked for; 0 = at once
	EndsAt     int64  `db:"ends_at"`   // 0 = lasting
	State      string `db:"state"`
	CreatedAt  int64  `db:"created_at"`
	DecidedAt  int64  `db:"decided_at"`
	DecidedBy  int64  `db:"decided_by"`
	Answer     string `db:"answer"`
}

// Kinds of directory events.
const (
	EventMoved   = "department_moved"   // From: the department; To: the new parent
	EventMerged  = "department_merged"  // From went into To
	EventSplit   = "department_split"   // From gave people to To, a new department
	EventRenamed = "department_renamed" // From; Detail holds both names
	EventSame    = "staff_same"         // From, who left, is To, who is here
)

// DirectoryEvent records what happened to the directory, so that grants and
// restores can tell what became of a department or a person.
type DirectoryEvent struct {
	ID     int64  `db:"id"`
	Kind   string `db:"kind"`
	FromID int64  `db:"from_id"`
	ToID   int64  `db:"to_id"`
	At     int64  `db:"at"`
	ByID   int64  `db:"by_id"`
	Detail string `db:"detail"` // JSON
}

// Company is the directory, the tag library and who was granted what, as read at
// one moment: what decisions about access are made from.
type Company struct {
	// Now is the moment, in epoch milliseconds: it decides which grants have
	// effect.
	Now int64
	// Departments are those that exist; one that was merged away counts for
	// nothing, even when it is named here.
	Departments []Department
	// Staff may hold those who left too.
	Staff []Staff
	// StaffDepartments are the departments that people belong to directly, by
	// staff id.
	StaffDepartments map[int64][]int64
	// Groups and Tags hold those in the recycle bin too.
	Groups []Group
	Tags   []Tag
	// Grants may hold revoked, ended and future ones: they count for nothing.
	Grants []Grant
	// Events are those that things lie in the recycle bin with, to name them.
	Events Events
}

package crm

// Scopes of tag groups.
const (
	ScopeShared     = "shared"     // 共享标签组
	ScopeDepartment = "department" // 部门标签组: one department and those below it
)

// Group is a tag group. Its name is unique among the live ones.
type Group struct {
	ID           int64  `db:"id"`
	Name         string `db:"name"`
	Scope        string `db:"scope"`
	DepartmentID int64  `db:"department_id"` // 0 unless Scope is department
	SingleChoice bool   `db:"single_choice"` // a pair carries at most one of its tags
	Sort         int64  `db:"sort"`
	Description  string `db:"description"`
	WecomID      string `db:"wecom_id"`
	DeletionID   int64  `db:"deletion_id"` // 0 = live
	CreatedAt    int64  `db:"created_at"`  // epoch milliseconds, as all times here
	CreatedBy    int64  `db:"created_by"`  // staff id, 0 = the operator
	UpdatedAt    int64  `db:"updated_at"`
	Version      int64  `db:"version"`
}

// Tag is one tag. Its name is unique among the live ones of its group.
type Tag struct {
	ID          int64  `db:"id"`
	GroupID     int64  `db:"group_id"`
	Name        string `db:"name"`
	Description string `db:"description"`
	Sort        int64  `db:"sort"`
	ExpiresOn   string `db:"expires_on"` // 2006-01-02 in the company's time zone, "" = never
	WecomID     string `db:"wecom_id"`
	DeletionID  int64  `db:"deletion_id"`
	CreatedAt   int64  `db:"created_at"`
	CreatedBy   int64  `db:"created_by"`
	UpdatedAt   int64  `db:"updated_at"`
	Version     int64  `db:"version"`
}

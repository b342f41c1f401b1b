package crm

import "strings"

// Statuses of staff.
const (
	StatusActive   = "active"
	StatusDisabled = "disabled"
	StatusLeft     = "left"
)

// Roles of staff, from the most powerful down.
const (
	RoleSuper     = "super"      // 超级管理员
	RoleDeptAdmin = "dept_admin" // 部门管理员
	RoleAuditor   = "auditor"    // 审计员
	RoleStaff     = "staff"      // 普通员工
)

// Staff is a person. When somebody leaves and the account appears again, that
// is another person until a human says otherwise.
type Staff struct {
	ID     int64  `db:"id"`
	UserID string `db:"userid"`
	// LeftID is 0 for those who are here, else the person's own id, so that an
	// account is unique among those who are here.
	LeftID           int64  `db:"left_id"`
	Name             string `db:"name"`
	Status           string `db:"status"`
	Role             string `db:"role"`
	RoleDepartmentID int64  `db:"role_department_id"` // a department admin's scope, 0 = own departments
	Contact          bool   `db:"contact"`            // 客户联系
	Tagging          bool   `db:"tagging"`            // 可配置客户标签
	SameAs           int64  `db:"same_as"`
	CreatedAt        int64  `db:"created_at"`
	CreatedBy        int64  `db:"created_by"`
	UpdatedAt        int64  `db:"updated_at"`
	Version          int64  `db:"version"`
}

// UserIDKey is the form in which accounts are compared: WeCom does not
// distinguish their case (developer documentation, member fields).
func UserIDKey(userid string) string { return strings.ToLower(userid) }

// Department is a node of the company's tree.
type Department struct {
	ID        int64  `db:"id"`
	ParentID  int64  `db:"parent_id"` // 0 = a root
	Name      string `db:"name"`
	Sort      int64  `db:"sort"`
	WecomID   string `db:"wecom_id"`
	GoneEvent int64  `db:"gone_event"` // the merge that ended it, 0 = there
	CreatedAt int64  `db:"created_at"`
	CreatedBy int64  `db:"created_by"`
	UpdatedAt int64  `db:"updated_at"`
	Version   int64  `db:"version"`
}

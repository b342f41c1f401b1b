package access_test

import (
	"fmt"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
)

func ExampleWorld_Decide() {
	w := access.New(crm.Company{
		Departments: []crm.Department{{ID: 1, Name: "总部"}, {ID: 2, ParentID: 1, Name: "市场部"}},
		Staff: []crm.Staff{
			{ID: 1, UserID: "wang", Name: "王芳", Role: crm.RoleSuper, Status: crm.StatusActive},
			{ID: 2, UserID: "zhang", Name: "张三", Role: crm.RoleStaff, Status: crm.StatusActive, Contact: true},
		},
		StaffDepartments: map[int64][]int64{2: {1}},
		Groups:           []crm.Group{{ID: 1, Name: "活动", Scope: crm.ScopeDepartment, DepartmentID: 2}},
	})
	d := w.Decide(access.Question{Subject: 2, Do: access.View, On: access.Group(1)})
	for _, s := range d.Chain {
		fmt.Println(s.Code, s.OK, s.Message(crm.Chinese))
	}
	fmt.Println(d.Request(crm.Chinese))
	// Output:
	// ACCOUNT_ACTIVE true 账号 张三（zhang） 在职
	// CUSTOMER_CONTACT true 张三（zhang） 有「客户联系」权限
	// GROUP_VISIBLE false 标签组「活动」只对 总部/市场部 及下级部门可见，张三（zhang） 在 总部
	// LEVEL false 张三（zhang） 对标签组「活动」的级别是「隐藏」（默认），查看至少要「查看」
	// OBJECT_LIVE true 标签组「活动」没有被删除
	// [tagkeep] tagkeep access request --user zhang --do view --on group:活动 --for 48h --reason 原因
}

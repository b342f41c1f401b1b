package importer

import "testing"

// Who is it? 客户ID, else unionid, else 手机号.
func TestIdentity(t *testing.T) {
	const people = "staff zhang name=张三\nstaff li name=李四\n"
	runScenarios(t, []scenario{
		{
			name: "new customers by each key",
			csv: `客户ID | unionid | 手机号 | 客户名称
				wm1 | | | 张三
				 | u2 | | 李四
				 | | 138 0000 0003 | 王五`,
			rows: "3: 3 created",
			want: `customer #1 ext=wm1 name=张三
				customer #2 union=u2 name=李四
				customer #3 mobile=13800000003 name=王五`,
		},
		{
			name: "客户ID decides and its customer gets the other keys",
			have: "customer #1 ext=wm1",
			csv: `客户ID | unionid | 手机号
				wm1 | u1 | 13800000001`,
			rows: "1: 1 updated",
			want: "customer #1 ext=wm1 union=u1 mobile=13800000001",
		},
		{
			name: "unionid where the 客户ID is new",
			have: "customer #1 union=u1",
			csv: `客户ID | unionid
				wm1 | u1`,
			rows: "1: 1 updated",
			want: "customer #1 ext=wm1 union=u1",
		},
		{
			name: "by phone, then by 客户ID and phone: nobody is doubled",
			have: "customer #1 mobile=13800000001 name=张三",
			csv: `客户ID | 手机号 | 客户名称
				wm1 | 13800000001 | 张三`,
			rows: "1: 1 updated",
			want: "customer #1 ext=wm1 mobile=13800000001 name=张三",
		},
		{
			name: "of those who share a phone the one that lacks the 客户ID",
			have: "customer #1 ext=wm1 mobile=13800000001\ncustomer #2 mobile=13800000001",
			csv: `客户ID | 手机号
				wm2 | 13800000001`,
			rows: "1: 1 updated",
			want: "customer #1 ext=wm1 mobile=13800000001\ncustomer #2 ext=wm2 mobile=13800000001",
		},
		{
			name: "none of them lacks it: a new one",
			have: "customer #1 ext=wm1 mobile=13800000001\ncustomer #2 ext=wm2 mobile=13800000001",
			csv: `客户ID | 手机号
				wm3 | 13800000001`,
			rows:     "1: 1 created",
			problems: []string{"2B SHARED_PHONE"},
			want:     "customer #1 ext=wm1 mobile=13800000001\ncustomer #2 ext=wm2 mobile=13800000001\ncustomer #3 ext=wm3 mobile=13800000001",
		},
		{
			name: "several fit a phone",
			have: "customer #1 mobile=13800000001\ncustomer #2 mobile=13800000001 union=u2",
			csv: `客户ID | unionid | 手机号
				 | | 13800000001
				wm1 | | 13800000001
				 | u3 | 13800000001`,
			rows:     "3: 1 updated, 2 rejected",
			problems: []string{"2C CUSTOMER_AMBIGUOUS", "3C CUSTOMER_AMBIGUOUS"},
			want:     "customer #1 union=u3 mobile=13800000001\ncustomer #2 union=u2 mobile=13800000001",
		},
		{
			name: "keys of two customers",
			have: "customer #1 ext=wm1\ncustomer #2 union=u2\ncustomer #3 mobile=13800000003",
			csv: `客户ID | unionid | 手机号
				wm1 | u2 | 13800000003
				wm1 | | 13800000003
				 | u2 | 13800000003`,
			rows:     "3: 3 rejected",
			problems: []string{"2B KEY_CONFLICT", "3C KEY_CONFLICT", "4C KEY_CONFLICT"},
		},
		{
			name: "an unknown key is no conflict",
			have: "customer #1 ext=wm1 mobile=13800000001",
			csv: `客户ID | unionid | 手机号
				wm1 | u1 | 13900000001`,
			rows: "1: 1 updated",
			want: "customer #1 ext=wm1 union=u1 mobile=13900000001",
		},
		{
			name: "earlier rows of the file hold their keys",
			have: people,
			csv: `客户ID | unionid | 手机号 | 跟进员工
				wm1 | u1 | 13800000001 | zhang
				 | | 13800000001 | li
				 | u1 | | `,
			rows: "3: 1 created, 1 updated, 1 unchanged",
			want: people + `customer #1 ext=wm1 union=u1 mobile=13800000001
				follow #1 zhang
				follow #1 li`,
		},
		{
			name: "a phone that was given away is free",
			have: "customer #1 ext=wm1 mobile=13800000001",
			csv: `客户ID | 手机号
				wm1 | 13900000001
				 | 13800000001`,
			rows:  "2: 1 created, 1 updated",
			want:  "customer #1 ext=wm1 mobile=13900000001\ncustomer #2 mobile=13800000001",
			again: "2: 2 unchanged",
		},
		{
			name: "a unionid that moves on in the same chunk",
			have: "customer #1 ext=wm1 union=u1",
			csv: `客户ID | unionid
				wm1 | u2
				wm2 | u1`,
			rows: "2: 1 created, 1 updated",
			want: "customer #1 ext=wm1 union=u2\ncustomer #2 ext=wm2 union=u1",
		},
		{
			name: "no key, a bad key, 电话 in place of 手机号",
			csv: `客户ID | 电话 | 客户名称
				 | | 张三
				 | 13800000001 | 李四
				 | 010-12345678 | 王五
				w m | 13800000001 | 赵六`,
			rows:     "4: 1 created, 3 rejected",
			problems: []string{"2A REQUIRED", "4A REQUIRED", "5A BAD_FORMAT"},
			want:     "customer #1 mobile=13800000001 phones=13800000001 name=李四",
		},
		{
			name: "a key in the bin is free",
			have: "customer #1 ext=wm1 mobile=13800000001 name=旧 bin=7",
			csv: `客户ID | 手机号 | 客户名称
				wm1 | 13800000002 | 新
				 | 13800000001 | 也新`,
			rows:     "2: 2 created",
			problems: []string{"2A IN_BIN", "3B IN_BIN"},
			want:     "customer #1 ext=wm1 mobile=13800000001 name=旧 bin=7\ncustomer #2 ext=wm1 mobile=13800000002 name=新\ncustomer #3 mobile=13800000001 name=也新",
		},
	})
}

// The row key is (customer, follower), and the first row has it.
func TestRowKey(t *testing.T) {
	const people = "staff zhang name=张三\nstaff li name=李四\n"
	runScenarios(t, []scenario{
		{
			name: "repeated, by any key",
			have: people,
			csv: `客户ID | 手机号 | 跟进员工 | 客户备注
				wm1 | 13800000001 | zhang | a
				wm1 | | zhang | b
				 | 13800000001 | ZHANG | c
				wm1 | | | d
				wm1 | | | e`,
			rows:     "5: 1 created, 1 updated, 3 rejected",
			problems: []string{"3A DUP_IN_FILE 2", "4B DUP_IN_FILE 2", "6A DUP_IN_FILE 5"},
			want: people + `customer #1 ext=wm1 mobile=13800000001 remark=d
				follow #1 zhang remark=a`,
		},
		{
			name: "two phones of one customer in the database",
			have: "customer #1 ext=wm1 union=u1 mobile=13800000001 name=张三",
			csv: `客户ID | unionid | 手机号 | 客户名称
				 | | 13800000001 | 张三
				 | u1 | | 李四
				wm1 | | | 王五`,
			rows:     "3: 1 unchanged, 2 rejected",
			problems: []string{"3B DUP_IN_FILE 2", "4A DUP_IN_FILE 2"},
		},
		{
			name: "a rejected row has its key too",
			have: people,
			csv: `客户ID | 手机号 | 跟进员工 | 生日
				wm1 | 13800000001 | zhang | 2024-02-30
				wm1 | | zhang | 2024-02-29
				 | 13800000001 | zhang |
				wm1 | | li | `,
			rows:     "4: 1 created, 3 rejected",
			problems: []string{"2D BAD_DATE", "3A DUP_IN_FILE 2", "4B DUP_IN_FILE 2"},
			want:     people + "customer #1 ext=wm1\nfollow #1 li",
		},
		{
			name: "the phone of a rejected row means its customer",
			have: people + "customer #1 ext=wm1",
			csv: `客户ID | 手机号 | 跟进员工 | 生日
				wm1 | 13800000001 | zhang | 2024-02-30
				 | 13800000001 | li | `,
			rows:     "2: 1 updated, 1 rejected",
			problems: []string{"2D BAD_DATE"},
			want:     people + "customer #1 ext=wm1 mobile=13800000001\nfollow #1 li",
		},
		{
			name: "without a follower that is known, the customer alone",
			have: people,
			csv: `客户ID | 手机号 | 跟进员工 | 企业名称
				wm1 | 13800000001 | wang | A
				 | 13800000001 | zhang | A
				wm1 | | li | B`,
			rows:     "3: 1 created, 2 rejected",
			problems: []string{"2C UNKNOWN_STAFF", "4D CONFLICT_UPDATE 2"},
			want:     people + "customer #1 mobile=13800000001 company=A\nfollow #1 zhang",
		},
		{
			name: "behind a bad 客户ID the phone proves nothing",
			csv: `客户ID | 手机号
				w m | 13800000001
				 | 13800000001`,
			rows:     "2: 1 created, 1 rejected",
			problems: []string{"2A BAD_FORMAT"},
			want:     "customer #1 mobile=13800000001",
		},
		{
			name: "a good 客户ID counts beside a bad phone",
			csv: `客户ID | 手机号
				wm1 | 12
				wm1 | 13800000001`,
			rows:     "2: 2 rejected",
			problems: []string{"2B BAD_PHONE", "3A DUP_IN_FILE 2"},
		},
		{
			name: "rows of a customer agree or are blank",
			have: people,
			csv: `客户ID | 手机号 | 跟进员工 | 企业名称 | 职位 | 客户备注
				wm1 | 13800000001 | zhang | A | | a
				wm1 | | li | A | 经理 | b
				wm1 | 13800000002 | | B | 经理 | c`,
			rows:     "3: 1 created, 1 updated, 1 rejected",
			problems: []string{"4B CONFLICT_UPDATE 2", "4D CONFLICT_UPDATE 2"},
			want: people + `customer #1 ext=wm1 mobile=13800000001 company=A position=经理
				follow #1 zhang remark=a
				follow #1 li remark=b`,
		},
		{
			name: "what a rejected row says counts too",
			have: people + "customer #1 ext=wm1 company=A",
			csv: `客户ID | 跟进员工 | 企业名称 | 生日
				wm1 | zhang | B | 2024-02-30
				wm1 | li | C | 
				wm1 | | B | `,
			rows:     "3: 1 updated, 2 rejected",
			problems: []string{"2D BAD_DATE", "3C CONFLICT_UPDATE 2"},
			want:     people + "customer #1 ext=wm1 company=B",
		},
		{
			name: "emptying contradicts a value",
			have: people + "customer #1 ext=wm1 company=A",
			csv: `客户ID | 跟进员工 | 企业名称
				wm1 | zhang | <清空>
				wm1 | li | A
				wm1 | | <clear>`,
			rows:     "3: 1 updated, 1 unchanged, 1 rejected",
			problems: []string{"3C CONFLICT_UPDATE 2"},
			want:     people + "customer #1 ext=wm1\nfollow #1 zhang",
		},
		{
			name: "two followers: remark, description, way and time are the pair's",
			have: people,
			csv: `客户ID | 跟进员工 | 客户备注 | 客户描述 | 添加渠道 | 添加时间
				wm1 | zhang | a | b | c | 2024-03-05 14:30
				wm1 | 李四 | d | | | 
				wm1 | | e | f | g | 2024-03-06`,
			rows: "3: 1 created, 2 updated",
			want: people + `customer #1 ext=wm1 addway=g addedat=1709654400000 remark=e desc=f
				follow #1 zhang remark=a desc=b addway=c addedat=1709620200000
				follow #1 li remark=d`,
		},
	})
}

// 跟进员工 is an account, else a display name that one person has.
func TestFollower(t *testing.T) {
	const people = "staff Zhang.San name=张三\nstaff li name=李四\nstaff li2 name=李四\nstaff gone name=王五 status=left\nstaff off name=赵六 status=disabled\n"
	runScenarios(t, []scenario{{
		name: "account or name",
		have: people,
		csv: `客户ID | 跟进员工
			wm1 | zhang.san
			wm2 | 张三
			wm3 | 李四
			wm4 | gone
			wm5 | 王五
			wm6 | off
			wm7 | li3`,
		rows:     "7: 3 created, 4 rejected",
		problems: []string{"4B STAFF_AMBIGUOUS", "5B UNKNOWN_STAFF", "6B UNKNOWN_STAFF", "8B UNKNOWN_STAFF"},
		want: people + `customer #1 ext=wm1
			follow #1 Zhang.San
			customer #2 ext=wm2
			follow #2 Zhang.San
			customer #3 ext=wm6
			follow #3 off`,
	}})
}

// What --existing and --only-existing do.
func TestExisting(t *testing.T) {
	const have = "staff zhang\ncustomer #1 ext=wm1 name=张三\n"
	const csv = `客户ID | 跟进员工 | 客户名称
		wm1 | | 李四
		wm2 | | 王五
		wm2 | zhang | 
		wm1 | zhang | 李四
		wm3 | zhang | `
	const others = `customer #2 ext=wm2 name=王五
		follow #2 zhang
		customer #3 ext=wm3
		follow #3 zhang`
	runScenarios(t, []scenario{
		{
			name: "update", have: have, csv: csv,
			rows: "5: 2 created, 3 updated",
			want: "staff zhang\ncustomer #1 ext=wm1 name=李四\nfollow #1 zhang\n" + others,
		},
		{
			name: "skip", have: have, csv: csv, opts: Options{Existing: SkipExisting},
			rows: "5: 2 created, 1 updated, 2 skipped",
			want: have + others,
			// What the first import created is there before the second.
			again: "5: 5 skipped",
		},
		{
			name: "reject", have: have, csv: csv, opts: Options{Existing: RejectExisting},
			rows:     "5: 2 created, 1 updated, 2 rejected",
			problems: []string{"2A DUP_IN_DB", "5A DUP_IN_DB"},
			want:     have + others,
			again:    "5: 5 rejected",
		},
		{
			name: "only existing", have: have, csv: csv, opts: Options{OnlyExisting: true},
			rows: "5: 2 updated, 3 skipped",
			want: "staff zhang\ncustomer #1 ext=wm1 name=李四\nfollow #1 zhang",
		},
	})
}

package crm

// Lengths are counted in characters (Unicode code points), as MySQL counts
// VARCHAR, never in bytes. The database columns are at least this wide, so a
// value that was let in is never cut.

// Limits of WeCom itself.
//
// For names the API documents 30 "characters" (group_name and tag[].name of
// add_corp_tag, document 92117), while its console and help pages say 15, most
// likely because a full-width character counts as two there. So up to 15 is
// safe, and up to 30 may still be refused by WeCom.
const (
	MaxTagName  = 30 // name of a tag or a tag group
	SafeTagName = 15 // longer names get the warning LONG_NAME

	// MaxTags counts company tags and rule-group tags together (documents 92117
	// and 94882, error 40126). Older descriptions still say 3,000.
	MaxTags = 10000
	// MaxTagsPerPair is how many tags one member may put on one customer
	// (mark_tag, document 92697, error 40144).
	MaxTagsPerPair = 3000

	MaxUserID     = 64 // bytes; a member's userid, unique without regard to case
	MaxExternalID = 64 // external_userid and unionid have 28 to 32 today
	MaxWecomID    = 64 // ids of tags and tag groups, opaque
)

// Limits of tagkeep, wider than what WeCom stores of a follower's notes (remark
// 20, description 150, remark_company 20 characters in externalcontact/remark),
// so that a local record loses nothing.
const (
	MaxMobile          = 32
	MaxPhones          = 255
	MaxCustomerName    = 128
	MaxCompany         = 128
	MaxPosition        = 64
	MaxRegion          = 128
	MaxRemark          = 255
	MaxDescription     = 1000
	MaxAddWay          = 64
	MaxStaffName       = 64
	MaxTagDescription  = 255
	MaxDepartmentName  = 64
	MaxDepartmentDepth = 16
	MaxReason          = 255 // of a grant
)

// MaxOrder is the largest value of 排序. WeCom's order is an unsigned 32-bit
// number, of which the lower half is read the same everywhere.
const MaxOrder = 1<<31 - 1

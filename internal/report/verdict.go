package report

import "tagkeep/internal/crm"

// verdictReason says why a link or grant, or the thing that it is on, got its
// verdict, and what can be done about it.
type verdictReason struct {
	reason crm.Reason
	why    text
	next   text
}

// verdictReasons are in the order of docs/codes.md. They are never changed after
// the program has started.
var verdictReasons = []verdictReason{
	{crm.ReasonGrantorLost, text{"已恢复；但当初授权的人现在已无权给出", "back, though whoever gave it could not give it today"},
		text{"请确认是否保留", "check whether it should stay"}},
	{crm.ReasonMoved, text{"已恢复；所属部门已移到别处", "back; its department lies elsewhere now"}, text{"请确认范围是否合适", "check whether it still reaches whom it should"}},
	{crm.ReasonRenamed, text{"已恢复；被授权的对象已改名", "back; whom it is for has another name now"}, text{"无需处理", "nothing"}},
	{crm.ReasonFuture, text{"已恢复；按原定时间生效", "back; begins when it always was to begin"}, text{"无需处理", "nothing"}},
	{crm.ReasonByHand, text{"已按指定转给新对象", "back, for whom somebody named"}, text{"无需处理", "nothing"}},
	{crm.ReasonSamePerson, text{"已转给确认为同一人的新账号", "back, for the account that was confirmed as the same person"}, text{"无需处理", "nothing"}},
	{crm.ReasonMerged, text{"已并入现有的同名对象", "united with the one that is there"}, text{"无需处理", "nothing"}},
	{crm.ReasonInactive, text{"该员工已停用", "the person's account is disabled"}, text{"启用该员工后自动生效", "it takes effect once the account is enabled"}},
	{crm.ReasonLeft, text{"该员工已离职", "the person has left"}, text{"需要时授权给接手的人", "grant it to whoever took over"}},
	{crm.ReasonMissing, text{"该员工或部门已不存在", "the person or department is not here at all"}, text{"需要时授权给接手的人或部门", "grant it to whoever took over"}},
	{crm.ReasonIdentity, text{"该账号现在属于另一个人", "somebody else has the account now"}, text{"确认是否为同一人，或指定由谁接手", "say whether it is the same person, or who takes over"}},
	{crm.ReasonDeptMerged, text{"该部门已并入另一个部门", "the department went into another one"}, text{"指定由哪个部门接手", "say which department takes over"}},
	{crm.ReasonDeptSplit, text{"该部门已拆分，授权留在原部门", "the department was split; the grant stays with the old one"}, text{"需要时也授权给新部门", "grant it to the new one too, if need be"}},
	{crm.ReasonNotYours, text{"恢复的人无权给出此授权", "who restores could not give it"}, text{"请有权的人授权", "ask somebody who may to grant it"}},
	{crm.ReasonWidens, text{"加到现有对象上会扩大权限", "on the object that is there it would widen access"}, text{"确有需要时另行授权", "grant it on purpose if it is needed"}},
	{crm.ReasonTagInBin, text{"标签仍在回收站，随标签恢复", "wakes when its tag comes back"}, text{"恢复该标签", "restore the tag"}},
	{crm.ReasonCustomerInBin, text{"客户仍在回收站，随客户恢复", "wakes when its customer comes back"}, text{"恢复该客户", "restore the customer"}},
	{crm.ReasonObjectInBin, text{"标签或标签组仍在回收站", "the tag or group stays in the bin"}, text{"恢复该标签或标签组", "restore it"}},
	{crm.ReasonRelationEnded, text{"该员工已不再跟进此客户", "that member no longer follows the customer"}, text{"需要时由现在的跟进员工打标", "whoever follows the customer now may tag them"}},
	{crm.ReasonTooManyTags, text{"超过企业微信每个客户的标签数上限", "the customer would have more tags than WeCom takes"}, text{"先移除不用的标签", "take off tags that are not needed"}},
	{crm.ReasonRevoked, text{"删除期间已被撤销", "revoked while it was in the bin"}, text{"需要时重新授权", "grant it anew if it is needed"}},
	{crm.ReasonExpired, text{"已到期", "its time is over"}, text{"需要时重新授权", "grant it anew if it is needed"}},
	{crm.ReasonUntagged, text{"删除期间已被移除", "taken off while it was in the bin"}, text{"需要时重新打标", "tag anew if it is needed"}},
	{crm.ReasonCustomerPurged, text{"客户已彻底删除", "its customer is gone for good"}, text{"14 天内可从快照找回：tagkeep snapshot find", "for 14 days a snapshot has it: tagkeep snapshot find"}},
	{crm.ReasonTagPurged, text{"标签已彻底删除", "its tag is gone for good"}, text{"14 天内可从快照找回：tagkeep snapshot find", "for 14 days a snapshot has it: tagkeep snapshot find"}},
	{crm.ReasonExclusive, text{"单选标签组：客户已有更新的标签", "a newer tag of a single-choice group is on the customer"}, text{"保留较新的；需要时手工改回", "the newer one stays; change it by hand if need be"}},
	{crm.ReasonKeyConflict, text{"客户的标识现属于两位不同的客户", "the customer's keys belong to two others now"}, text{"先更正这两位客户的标识", "correct the keys of the two first"}},
	{crm.ReasonNameConflict, text{"名称已被占用，留在回收站", "left in the bin: the name is taken"}, text{"用 --on-conflict 或 --rename 再恢复", "restore it with --on-conflict or --rename"}},
	{crm.ReasonNoRoom, text{"标签数已达上限，留在回收站", "left in the bin: the limit of tags is reached"}, text{"先删除不用的标签", "delete unused tags first"}},
	{crm.ReasonBadName, text{"名称不符合现在的规则，留在回收站", "left in the bin: the name is against today's rules"}, text{"用 --rename 给出新名称", "give it a new name with --rename"}},
	{crm.ReasonDenyParked, text{"同一对象的“隐藏”没有恢复，此授权一并保留", "held back with a deny that does not come back"}, text{"确有需要时另行授权", "grant it on purpose if it is needed"}},
}

func reasonNamed(r crm.Reason) verdictReason {
	for _, v := range verdictReasons {
		if v.reason == r {
			return v
		}
	}
	return verdictReason{reason: r, why: text{string(r), string(r)}}
}

// Why says in words why something was or was not restored, "" for no reason.
func Why(l crm.Lang, r crm.Reason) string { return reasonNamed(r).why.in(l) }

// WhatNext is what can be done about it, "" for no reason.
func WhatNext(l crm.Lang, r crm.Reason) string { return reasonNamed(r).next.in(l) }

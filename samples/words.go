package samples

// The words that generated people, companies and tags are made of. Their order
// is part of what a seed means: append, never insert.

// syllable is a character of a name with its reading, of which accounts are
// made.
type syllable struct{ han, pinyin string }

// surnames by frequency; the front is drawn more often (see skewed).
var surnames = []syllable{
	{"王", "wang"}, {"李", "li"}, {"张", "zhang"}, {"刘", "liu"}, {"陈", "chen"}, {"杨", "yang"}, {"黄", "huang"}, {"赵", "zhao"},
	{"吴", "wu"}, {"周", "zhou"}, {"徐", "xu"}, {"孙", "sun"}, {"马", "ma"}, {"朱", "zhu"}, {"胡", "hu"}, {"郭", "guo"},
	{"何", "he"}, {"林", "lin"}, {"高", "gao"}, {"罗", "luo"}, {"郑", "zheng"}, {"梁", "liang"}, {"谢", "xie"}, {"宋", "song"},
	{"唐", "tang"}, {"许", "xu"}, {"邓", "deng"}, {"韩", "han"}, {"冯", "feng"}, {"曹", "cao"}, {"彭", "peng"}, {"曾", "zeng"},
	{"肖", "xiao"}, {"田", "tian"}, {"董", "dong"}, {"潘", "pan"}, {"袁", "yuan"}, {"蔡", "cai"}, {"蒋", "jiang"}, {"余", "yu"},
	{"于", "yu"}, {"杜", "du"}, {"叶", "ye"}, {"程", "cheng"}, {"魏", "wei"}, {"苏", "su"}, {"吕", "lv"}, {"丁", "ding"},
	{"任", "ren"}, {"卢", "lu"}, {"姚", "yao"}, {"沈", "shen"}, {"钟", "zhong"}, {"姜", "jiang"}, {"崔", "cui"}, {"谭", "tan"},
	{"陆", "lu"}, {"范", "fan"}, {"汪", "wang"}, {"廖", "liao"}, {"石", "shi"}, {"金", "jin"}, {"韦", "wei"}, {"贾", "jia"},
	{"夏", "xia"}, {"傅", "fu"}, {"方", "fang"}, {"邹", "zou"}, {"熊", "xiong"}, {"白", "bai"}, {"孟", "meng"}, {"秦", "qin"},
	{"邱", "qiu"}, {"侯", "hou"}, {"江", "jiang"}, {"尹", "yin"}, {"薛", "xue"}, {"闫", "yan"}, {"雷", "lei"}, {"龙", "long"},
	{"史", "shi"}, {"陶", "tao"}, {"贺", "he"}, {"毛", "mao"}, {"郝", "hao"}, {"顾", "gu"}, {"龚", "gong"}, {"邵", "shao"},
	{"万", "wan"}, {"覃", "qin"}, {"武", "wu"}, {"钱", "qian"}, {"戴", "dai"}, {"严", "yan"}, {"莫", "mo"}, {"孔", "kong"},
	{"欧阳", "ouyang"}, {"司马", "sima"}, {"上官", "shangguan"}, {"诸葛", "zhuge"},
}

var givenMale = []syllable{
	{"伟", "wei"}, {"强", "qiang"}, {"磊", "lei"}, {"军", "jun"}, {"洋", "yang"}, {"勇", "yong"}, {"杰", "jie"}, {"涛", "tao"},
	{"明", "ming"}, {"超", "chao"}, {"刚", "gang"}, {"平", "ping"}, {"辉", "hui"}, {"鹏", "peng"}, {"华", "hua"}, {"飞", "fei"},
	{"鑫", "xin"}, {"波", "bo"}, {"斌", "bin"}, {"宇", "yu"}, {"浩", "hao"}, {"凯", "kai"}, {"健", "jian"}, {"俊", "jun"},
	{"帆", "fan"}, {"帅", "shuai"}, {"旭", "xu"}, {"宁", "ning"}, {"龙", "long"}, {"林", "lin"}, {"阳", "yang"}, {"建国", "jianguo"},
	{"志强", "zhiqiang"}, {"子轩", "zixuan"}, {"浩然", "haoran"}, {"宇航", "yuhang"}, {"文博", "wenbo"}, {"俊杰", "junjie"},
	{"国栋", "guodong"}, {"海波", "haibo"}, {"天佑", "tianyou"}, {"晓东", "xiaodong"}, {"嘉豪", "jiahao"}, {"思远", "siyuan"},
}

var givenFemale = []syllable{
	{"芳", "fang"}, {"娜", "na"}, {"敏", "min"}, {"静", "jing"}, {"丽", "li"}, {"艳", "yan"}, {"娟", "juan"}, {"霞", "xia"},
	{"燕", "yan"}, {"玲", "ling"}, {"婷", "ting"}, {"慧", "hui"}, {"莹", "ying"}, {"雪", "xue"}, {"琳", "lin"}, {"晶", "jing"},
	{"倩", "qian"}, {"洁", "jie"}, {"梅", "mei"}, {"颖", "ying"}, {"璐", "lu"}, {"欣", "xin"}, {"瑶", "yao"}, {"悦", "yue"},
	{"桂英", "guiying"}, {"秀兰", "xiulan"}, {"欣怡", "xinyi"}, {"诗涵", "shihan"}, {"梦琪", "mengqi"}, {"雨桐", "yutong"},
	{"佳怡", "jiayi"}, {"雅婷", "yating"}, {"晓燕", "xiaoyan"}, {"美玲", "meiling"}, {"思琪", "siqi"}, {"子涵", "zihan"},
	{"语嫣", "yuyan"}, {"若曦", "ruoxi"}, {"海燕", "haiyan"}, {"春梅", "chunmei"}, {"红梅", "hongmei"}, {"丽华", "lihua"},
}

// rareGiven need four bytes in GB18030, the last two a surrogate pair in
// UTF-16 too: what databases and old programs lose.
var rareGiven = []syllable{{"㛃", "jie"}, {"䶮", "yan"}, {"𬭎", "hong"}, {"𠮷", "ji"}}

// mobilePrefixes are prefixes in use; each holds 10⁸ numbers.
var mobilePrefixes = []string{
	"130", "131", "132", "133", "134", "135", "136", "137", "138", "139", "147", "150", "151", "152", "153", "155", "156", "157",
	"158", "159", "166", "170", "171", "173", "175", "176", "177", "178", "180", "181", "182", "183", "184", "185", "186", "187",
	"188", "189", "191", "193", "195", "196", "197", "198", "199",
}

// regions with a short form for company names.
var regions = []struct{ full, short string }{
	{"上海市浦东新区", "上海"}, {"北京市朝阳区", "北京"}, {"北京市海淀区", "北京"}, {"广东省深圳市南山区", "深圳"}, {"广东省广州市天河区", "广州"},
	{"浙江省杭州市西湖区", "杭州"}, {"浙江省杭州市余杭区", "杭州"}, {"浙江省宁波市鄞州区", "宁波"}, {"江苏省南京市鼓楼区", "南京"},
	{"江苏省苏州市工业园区", "苏州"}, {"四川省成都市武侯区", "成都"}, {"湖北省武汉市洪山区", "武汉"}, {"陕西省西安市雁塔区", "西安"},
	{"山东省青岛市市南区", "青岛"}, {"福建省厦门市思明区", "厦门"}, {"湖南省长沙市岳麓区", "长沙"}, {"河南省郑州市金水区", "郑州"},
	{"重庆市渝北区", "重庆"}, {"天津市和平区", "天津"}, {"辽宁省大连市中山区", "大连"}, {"安徽省合肥市蜀山区", "合肥"},
	{"新疆维吾尔自治区乌鲁木齐市天山区", "乌鲁木齐"},
}

var (
	companyFront = []string{"云", "华", "中", "鼎", "瑞", "恒", "金", "天", "海", "新", "盛", "嘉", "博", "卓", "万", "远", "宏", "启"}
	companyBack  = []string{"启", "信", "达", "通", "源", "泰", "创", "联", "诚", "越", "图", "科", "域", "航", "智", "汇", "宸", "森"}
	companyTrade = []string{"科技", "贸易", "网络科技", "教育咨询", "医疗器械", "电子商务", "物流", "文化传媒", "装饰工程", "食品", "服饰", "智能制造"}
	companyForm  = []string{"有限公司", "有限公司", "有限公司", "股份有限公司", "有限责任公司"}

	positions = []string{"总经理", "采购经理", "市场总监", "销售经理", "运营主管", "财务经理", "技术总监", "行政主管", "店长", "采购专员", "合伙人", "产品经理", "老师", "院长助理"}

	addWays = []string{"扫描二维码", "搜索手机号", "名片分享", "群聊", "手机通讯录", "微信联系人", "通过获客链接添加", "管理员/负责人分配"}

	remarks = []string{
		"已发报价", "下周回访", "老客户介绍", "等预算批复", "关注价格", "要求开票", "周末联系", "不要打电话，发微信",
		"孩子上三年级", "已加群", "合同到期前联系", "先寄样品", "预约到店", "转给技术支持",
	}
	descriptions = []string{
		"展会认识，对企业版感兴趣", "年采购约 20 万，决策人是老板", "之前用过同类产品，嫌贵", "门店客户，每月到店两次",
		"直播间留资，主要问售后", "朋友推荐，先试用一个月", "有三家分店，要统一管理",
	}
)

// baseStaff are the first people of every generated company; two share the
// name 张伟, as in every real one.
var baseStaff = []person{
	{"wangjianguo", "王建国", "总部", "超级管理员", "是", "是", "在职"},
	{"liuyang", "刘洋", "总部", "审计员", "否", "否", "在职"},
	{"zhangwei", "张伟", "总部/销售部/华东", "普通员工", "是", "否", "在职"},
	{"limin", "李敏", "总部/市场部", "部门管理员", "是", "是", "在职"},
	{"chenjing", "陈静", "总部/市场部", "普通员工", "是", "是", "在职"},
	{"zhaolei", "赵磊", "总部/销售部", "部门管理员", "是", "是", "在职"},
	{"huangting", "黄婷", "总部/销售部/华东", "普通员工", "是", "否", "在职"},
	{"zhouqiang", "周强", "总部/销售部/华东", "普通员工", "是", "是", "在职"},
	{"wuxia", "吴霞", "总部/销售部/华南", "部门管理员", "是", "是", "在职"},
	{"", "", "总部/法务部", "", "", "", ""},
	{"xuchao", "徐超", "总部/销售部/华南", "普通员工", "是", "否", "在职"},
	{"zhangwei2", "张伟", "总部/客服部", "普通员工", "是", "否", "在职"},
	{"sunli", "孙丽", "总部/客服部", "部门管理员", "是", "是", "在职"},
	{"mahui", "马慧", "总部/客服部", "普通员工", "是", "否", "在职"},
	{"zhujun", "朱俊", "总部/客服部;总部/销售部/华东", "普通员工", "是", "否", "在职"},
	{"huyan", "胡艳", "总部/市场部;总部/客服部", "普通员工", "是", "否", "在职"},
	{"guobin", "郭斌", "总部/销售部/华南", "普通员工", "否", "否", "停用"},
	{"ouyangxue", "欧阳雪", "总部/销售部/华东", "普通员工", "是", "否", "在职"},
	{"linfan", "林帆", "总部/销售部/华南", "普通员工", "是", "否", "在职"},
	{"heyong", "何勇", "总部/销售部", "普通员工", "否", "否", "离职"},
	{"songyu", "宋宇", "总部/市场部", "普通员工", "是", "否", "在职"},
}

// tagGroup is one group of the base set.
type tagGroup struct {
	name       string
	department string // "" = shared
	single     bool
	tags       []string
}

// baseGroups are the first tags of every generated company. 其他 stands in two
// groups, so a bare 其他 is ambiguous.
var baseGroups = []tagGroup{
	{"客户等级", "", true, []string{"VIP客户", "重要客户", "普通客户", "潜在客户", "黑名单"}},
	{"意向", "", true, []string{"高意向", "中意向", "低意向", "无意向", "待确认"}},
	{"客户来源", "", false, []string{"线上广告", "老客转介绍", "展会", "门店", "其他"}},
	{"行业", "", false, []string{"互联网", "制造业", "教育培训", "医疗健康", "其他"}},
	{"购买情况", "", true, []string{"待复购", "首次购买", "多次购买", "沉睡客户", "已流失"}},
	{"活跃时段", "", false, []string{"早间活跃", "午间活跃", "晚间活跃", "深夜活跃", "周末活跃"}},
	{"关注产品", "", false, []string{"企业版", "专业版", "基础版", "硬件设备", "培训服务"}},
	{"华东专属", "总部/销售部/华东", false, []string{"江浙沪重点", "上海试点", "杭州试点", "年会邀请", "代理商"}},
}

// Beyond the base set, groups are a topic with a number and hold these tags.
var (
	extraTopics = []string{"活动", "门店", "课程", "产品线", "社群"}
	extraTags   = []string{
		"已报名", "已到场", "已签单", "已退款", "待跟进", "已领券", "未领券", "已评价", "已分享", "已投诉",
		"首单", "续费", "升级", "试用中", "试用结束", "预约中", "已爽约", "已进群", "已退群", "老带新",
	}
)

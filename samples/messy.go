package samples

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// The messy files are customers as people really send them, and beside each the
// errors that an import into a company with the sample staff and tags must
// report, no more and no fewer. What stands without an expected error is to be
// imported.

// expected adds the faults of one row to a list.
type expected struct{ faults []Fault }

func (e *expected) add(row int, column, code string, related ...int) {
	f := Fault{Row: row, Column: column, Code: code}
	if len(related) > 0 {
		f.Related = related[0]
	}
	e.faults = append(e.faults, f)
}

// json is the list as it stands beside a messy file, one fault a line.
func (e *expected) json() []byte {
	slices.SortStableFunc(e.faults, func(a, b Fault) int { return a.Row - b.Row })
	var b bytes.Buffer
	b.WriteString("[")
	for i, f := range e.faults {
		line, err := json.Marshal(f)
		if err != nil {
			panic("samples: " + err.Error()) // cannot happen: strings and numbers
		}
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n  ")
		b.Write(line)
	}
	b.WriteString("\n]\n")
	return b.Bytes()
}

// A messyLine is a record of messy.csv as it stands in the file, and what is
// wrong with it: pairs of column letter and code.
type messyLine struct {
	text    string
	wrong   []string
	related int
}

func wm(file, row string) string { return "wmMessy" + file + "000000000000000000" + row }

// messyCSV returns the file, in GB18030 as Chinese Excel saves it.
func messyCSV() (file, want []byte) {
	id := func(row string) string { return wm("Csv", row) }
	lines := []messyLine{
		{text: `客户资料导出,,,,,,,,,,,`},
		{text: `导出人：李敏　导出时间：2025-03-05 18:00`},
		{},
		{text: ` 微信昵称 ,*手机号码（必填）,外部联系人ID,所属员工,标签,备注,公司,性别,出生日期,加好友时间,来源,内部编号`},
		// 5: sound, as are 6 (a dressed-up phone, full-width separators, other
		// date forms, a staff name) and 7 (text guards, a bare tag).
		{text: `张晓丽,13800138011,` + id("05") + `,zhangwei,客户等级:VIP客户;意向:高意向,已发报价,杭州云启科技有限公司,女,1990-05-12,2024-03-01 09:30,扫描二维码,K001`},
		{text: `李强,+86 138-0013-8012,` + id("06") + `,黄婷,客户等级:重要客户，意向:中意向、行业:制造业,下周回访,上海恒达贸易有限公司,男,1985年7月3日,2024/3/2,群聊,K002`},
		{text: `'=小王,"=""13800138013""",,limin,高意向,,,,,,,K003`},
		{text: `陈丹,1.38E+10,` + id("08") + `,chenjing,意向:低意向,,,女,,,,K004`, wrong: []string{"B", "PRECISION_LOST"}},
		{text: `刘洋洋,1380013801,` + id("09") + `,chenjing,,,,男,,,,K005`, wrong: []string{"B", "BAD_PHONE"}},
		{},
		{text: `没有联系方式,,,zhangwei,意向:高意向,,,,,,,`, wrong: []string{"C", "REQUIRED"}},
		{text: `何静,13800138016,` + id("12") + `,zhouqiang,意向:高意象,,,女,,,,K006`, wrong: []string{"E", "UNKNOWN_TAG"}},
		{text: `郭亮,13800138017,` + id("13") + `,zhangweii,,,,男,,,,K007`, wrong: []string{"D", "UNKNOWN_STAFF"}},
		{text: `罗平,13800138018,` + id("14") + `,sunli,,,,雄,1990-02-30,,,K008`, wrong: []string{"H", "NOT_IN_LIST", "I", "BAD_DATE"}},
		{text: `唐欣,13800138019,` + id("15") + `,sunli,,,,女,05/03/1990,,,K009`, wrong: []string{"I", "AMBIGUOUS_DATE"}},
		{text: `张晓丽,,` + id("05") + `,zhangwei,意向:高意向,,,,,,,`, wrong: []string{"", "DUP_IN_FILE"}, related: 5},
		{text: `李强,,` + id("06") + `,limin,,,广州盛联食品有限公司,,,,,`, wrong: []string{"G", "CONFLICT_UPDATE"}, related: 6},
		// 18: sound, the customer of row 7 with a second follower.
		{text: `,１３８００１３８０１３,,chenjing,活跃时段:深夜活跃,,,,,,,`},
		{text: `,,,,,,,,,,,`},
		{text: `潘婷婷,13800138022,` + id("20") + `,mahui,,,,女,,,,K010,多出来的,单元格`, wrong: []string{"M", "TOO_MANY_CELLS"}},
		{text: "王\x02明,13800138023," + id("21") + `,mahui,,,,男,,,,K011`, wrong: []string{"A", "CONTROL_CHAR"}},
		{text: strings.Repeat("很长的名字", 60) + `,13800138024,` + id("22") + `,mahui,,,,,,,,K012`, wrong: []string{"A", "TOO_LONG"}},
		// 23: sound, and two lines of the file: rows and lines part here. 24 is
		// short, 25 names one tag twice.
		{text: `徐红,13800138025,` + id("23") + `,xuchao,购买情况:待复购,"备注有两行：` + "\r\n" + `她说""下周再定"", 先等等",,女,,,,K013`},
		{text: `周洁,13800138026,` + id("24") + `,zhujun`},
		{text: `孙浩,13800138027,` + id("25") + `,zhujun,高意向;意向:高意向,,,男,,,,K014`},
		{text: `杜鹃,13800138028,` + id("26") + `,zhujun,其他,,,女,,,,K015`, wrong: []string{"E", "TAG_AMBIGUOUS"}},
		{text: `魏东,13800138029,` + id("27") + `,张伟,,,,男,,,,K016`, wrong: []string{"D", "STAFF_AMBIGUOUS"}},
		{text: `张晓丽,13800138012,` + id("05") + `,sunli,,,,,,,,K017`, wrong: []string{"B", "KEY_CONFLICT"}},
		{text: `姚敏,13800138031,` + id("29") + `,songyu,,<清空>,,女,,,,K018`},
		{text: "钱\xff多,13800138032," + id("30") + `,songyu,,,,男,,,,K019`, wrong: []string{"A", "BAD_ENCODING"}},
		{text: `𠮷田一郎,13800138033,` + id("31") + `,songyu,,,,男,,,,K020`},
		{text: `合计,27,,,,,,,,,,`, wrong: []string{"B", "BAD_PHONE"}},
		{text: `"没有结束,13800138035,` + id("33") + `,songyu,,,,,,,,K021`, wrong: []string{"A", "UNTERMINATED_QUOTE"}},
	}
	var b bytes.Buffer
	var e expected
	for i, line := range lines {
		b.Write(gb18030(line.text))
		b.WriteString("\r\n")
		for j := 0; j < len(line.wrong); j += 2 {
			e.add(i+1, line.wrong[j], line.wrong[j+1], line.related)
		}
	}
	return b.Bytes(), e.json()
}

// gb18030 encodes text and passes on a byte FF, which no text of either
// encoding has.
func gb18030(text string) []byte {
	var out []byte
	for i, part := range strings.Split(text, "\xff") {
		if i > 0 {
			out = append(out, 0xff)
		}
		encoded, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(part))
		if err != nil {
			panic("samples: " + err.Error()) // cannot happen: GB18030 has every character
		}
		out = append(out, encoded...)
	}
	return out
}

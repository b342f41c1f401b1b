package table

import (
	"slices"
	"strings"

	"tagkeep/internal/crm"
)

// The sheets of a template beside the one for data, in Chinese and English. An
// import leaves them out without a word.
var (
	guideSheet = [2]string{"填写说明", "Instructions"}
	codesSheet = [2]string{"错误说明", "Error codes"}
	listsSheet = [2]string{"选项", "Lists"}
)

// GuideSheet is the name of the sheet that says how a template is filled in.
func GuideSheet(lang crm.Lang) string { return lang.Pick(guideSheet[0], guideSheet[1]) }

// CodesSheet is the name of the sheet that explains the error codes.
func CodesSheet(lang crm.Lang) string { return lang.Pick(codesSheet[0], codesSheet[1]) }

// ListsSheet is the name of the hidden sheet with the values of the dropdowns.
func ListsSheet(lang crm.Lang) string { return lang.Pick(listsSheet[0], listsSheet[1]) }

// IsTemplateSheet reports whether a sheet of this name came with a template and
// holds no data.
func IsTemplateSheet(name string) bool {
	for _, names := range [...][2]string{guideSheet, codesSheet, listsSheet} {
		if slices.Contains(names[:], name) {
			return true
		}
	}
	return false
}

// AnyOf are the columns of which every row of the kind fills one at least; nil
// for the kinds whose columns say by themselves whether they are required.
func AnyOf(k crm.Kind) []int {
	need := required(k)
	if !need.any {
		return nil
	}
	// 电话 stands in for 手机号 only where a sheet has no column for that.
	return slices.DeleteFunc(need.fields, func(field int) bool { return k == crm.Customers && field == CustPhones })
}

// Example is the column's cell in a template's example row, in the language: the
// words of lists and the mark by which import knows the row are translated.
func Example(k crm.Kind, field int, lang crm.Lang) string {
	sample := declared(k)[field].Sample
	if lang != crm.English {
		return sample
	}
	if name, found := strings.CutPrefix(sample, sampleMark+"："); found {
		return "Example: " + name
	}
	return englishWord(enumeration(k, field), sample)
}

// englishWord is the English word beside a Chinese one of the list; any other
// text as it is.
func englishWord(l *list, word string) string {
	if l != nil {
		for _, e := range l.entries {
			if e.zh == word {
				return e.en
			}
		}
	}
	return word
}

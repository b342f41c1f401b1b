package admin

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tagkeep/internal/access"
	"tagkeep/internal/crm"
)

// tagged tells whether the customer has the tag, and if not, who took it.
func (s *search) tagged() error {
	customer, err := customerByID(s.tx, s.customer)
	if err != nil {
		return err
	}
	if !customer.Live {
		s.deleted(customer.DeletionID, "CUSTOMER_DELETED", said("客户", "the customer"))
	}
	d := s.c.World.Decide(access.Question{Subject: s.who.ID, Do: access.Use, On: s.o, Customer: customer})
	for _, step := range d.Chain {
		if step.Code == access.CustomerFollowed && !step.OK {
			s.add(Cause{Code: "NOT_FOLLOWED", Text: step.Message, Fix: step.Fix})
		}
	}
	if s.o.Kind != crm.ObjectTag {
		return nil
	}
	has := false
	if err := s.tx.LinksOf([]any{s.customer}, func(l crm.Link) { has = has || l.TagID == s.o.ID }); err != nil || has {
		return err
	}
	found, err := s.untagged()
	if err == nil && !found {
		s.add(Cause{Code: "NOT_TAGGED", Text: said("这个客户没有这个标签，也没有移除它的记录", "the customer does not have the tag, and there is no record of its removal"),
			Fix: said("打标：在客户表的「标签」列写上它并导入：[tagkeep] tagkeep import customers 客户.xlsx", "tag the customer in the customers sheet: [tagkeep] tagkeep import customers customers.xlsx")})
	}
	return err
}

// untagged finds who took the tag from the customer: while one of them was in the
// recycle bin, or in an import.
func (s *search) untagged() (bool, error) {
	one, found, err := s.tx.LastRemoval(s.customer, s.o.ID)
	if err != nil {
		return false, err
	}
	if found {
		s.removedBy(one.At, one.ByID, one.RunID, 0)
		return true, nil
	}
	runs, err := s.tx.Runs(historyRuns)
	if err != nil {
		return false, err
	}
	for _, r := range runs {
		if r.Kind != crm.Customers || r.LinksRemoved == 0 {
			continue
		}
		row, err := s.removedIn(r.ID)
		if err != nil {
			return false, err
		}
		if row != 0 {
			s.removedBy(r.StartedAt, r.CreatedBy, r.ID, row)
			return true, nil
		}
	}
	return false, nil
}

// removedIn is the row of a run that took the tag from the customer, 0 for none.
func (s *search) removedIn(run int64) (int, error) {
	images, err := s.tx.ChangesOf(run, crm.ImageLinks, s.customer)
	for _, image := range slices.Backward(images) {
		var links crm.LinksImage
		if json.Unmarshal([]byte(image.Before), &links) == nil && slices.ContainsFunc(links.Removed, func(l crm.Link) bool { return l.TagID == s.o.ID }) {
			return image.Row, nil
		}
	}
	return 0, err
}

// removedBy tells who took the tag, in which run; with a minus it is the event
// that purged it.
func (s *search) removedBy(when, by, run int64, row int) {
	zh, en := "客户身上的这个标签被移除了", "the tag was taken from the customer"
	switch {
	case run > 0:
		zh, en = zh+"：导入 "+at("R", run), en+": import "+at("R", run)
	case run < 0:
		zh, en = zh+"：随 "+s.c.Events.Label(-run)+" 彻底删除", en+": purged with "+s.c.Events.Label(-run)
	}
	if row != 0 {
		zh, en = zh+fmt.Sprintf(" 第 %d 行", row), en+fmt.Sprintf(", row %d", row)
	}
	fix := said("", "")
	if run > 0 {
		fix = said("[tagkeep] tagkeep runs show "+at("R", run), "[tagkeep] tagkeep runs show "+at("R", run))
	}
	s.add(Cause{Code: "UNTAGGED", At: when, By: strings.TrimSpace(s.c.Called(by)), Text: said(zh, en), Fix: fix})
}

package importer

import (
	"fmt"

	"tagkeep/internal/store"
)

// write stores what the chunk's rows amount to, new things first. Where a new
// customer gets a key that an update of the same chunk takes from another one,
// the database refuses that order; halving the chunk then finds the right one.
func (c *customers) write(tx *store.Tx) error {
	if err := writeTags(tx, c.newGroups, c.newTags); err != nil {
		return err
	}
	for i := range c.newCustomers {
		c.newCustomers[i].CreatedAt, c.newCustomers[i].UpdatedAt = tx.Now, tx.Now
	}
	for i := range c.newFollows {
		c.newFollows[i].CreatedAt, c.newFollows[i].UpdatedAt = tx.Now, tx.Now
	}
	for i := range c.newLinks {
		c.newLinks[i].TaggedAt, c.newLinks[i].RunID = tx.Now, c.e.run.ID
	}
	if err := tx.CreateCustomers(c.newCustomers); err != nil {
		return fmt.Errorf("create customers: %w", err)
	}
	if err := tx.UpdateCustomers(c.updates); err != nil {
		return fmt.Errorf("update customers: %w", err)
	}
	if err := c.writePairs(tx); err != nil {
		return err
	}
	c.e.unit.images = append(c.e.unit.images, c.images...)
	return nil
}

func (c *customers) writePairs(tx *store.Tx) error {
	if err := tx.CreateFollows(c.newFollows); err != nil {
		return fmt.Errorf("create followers: %w", err)
	}
	if err := tx.UpdateFollows(c.followEdits); err != nil {
		return fmt.Errorf("update followers: %w", err)
	}
	for _, r := range c.removals {
		if err := tx.RemoveLink(r.link, r.deletion, c.e.opts.CreatedBy, c.e.run.ID); err != nil {
			return fmt.Errorf("remove links: %w", err)
		}
	}
	if err := tx.AddLinks(c.newLinks); err != nil {
		return fmt.Errorf("add links: %w", err)
	}
	return nil
}

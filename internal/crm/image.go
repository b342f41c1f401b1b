package crm

// Kinds of before-images. An undo goes through them from the last to the first
// and puts back what they hold; things that the run itself created have none,
// they are in its ranges of ids. New customers go before the images, for one may
// have a key that an old one gets back; all else goes after them.
//
// The digest that stands beside an image is over the cells as the row left
// them: an undo that finds another one knows that somebody edited them since.
const (
	ImageCustomer = "customer" // Customer
	ImageFollow   = "follow"   // Follow, empty for a pair that was not there
	ImageLinks    = "links"    // LinksImage, without a digest
	ImageStaff    = "staff"    // StaffImage
	ImageGroup    = "group"    // Group
	ImageTag      = "tag"      // Tag
	ImageGrant    = "grant"    // Grant, which the run revoked
)

// LinksImage says which tags a row gave to a pair and which links it took.
type LinksImage struct {
	Added   []int64 `json:"added,omitempty"`
	Removed []Link  `json:"removed,omitempty"`
}

// StaffImage is a person with the departments, by id.
type StaffImage struct {
	Staff       Staff   `json:"staff"`
	Departments []int64 `json:"departments"`
}

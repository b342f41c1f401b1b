package crm

// Customer is a WeCom external contact, or a local record not matched yet.
type Customer struct {
	ID int64 `db:"id"`
	// The keys; "" when absent. No two live customers share an external id or
	// a unionid; a mobile number may be shared.
	ExternalID string `db:"external_id"`
	UnionID    string `db:"unionid"`
	Mobile     string `db:"mobile"`

	Phones      string `db:"phones"` // several, separated by ";"
	Name        string `db:"name"`
	Company     string `db:"company"`
	Position    string `db:"position"`
	Gender      string `db:"gender"`   // male, female, unknown or ""
	Birthday    string `db:"birthday"` // 2006-01-02
	Region      string `db:"region"`
	AddWay      string `db:"add_way"`
	AddedAt     int64  `db:"added_at"` // 0 = not known
	Remark      string `db:"remark"`
	Description string `db:"description"`
	DeletionID  int64  `db:"deletion_id"`
	CreatedAt   int64  `db:"created_at"`
	CreatedBy   int64  `db:"created_by"`
	UpdatedAt   int64  `db:"updated_at"`
	Version     int64  `db:"version"`
}

// Follow says that a member follows a customer, and what that member noted.
type Follow struct {
	CustomerID  int64  `db:"customer_id"`
	StaffID     int64  `db:"staff_id"`
	Remark      string `db:"remark"`
	Description string `db:"description"`
	AddWay      string `db:"add_way"`
	AddedAt     int64  `db:"added_at"`
	CreatedAt   int64  `db:"created_at"`
	CreatedBy   int64  `db:"created_by"`
	UpdatedAt   int64  `db:"updated_at"`
	Version     int64  `db:"version"`
}

// Pair is a customer as one member has it; StaffID 0 = tied to no member.
type Pair struct {
	CustomerID int64
	StaffID    int64
}

// Link is one tag on one pair.
type Link struct {
	CustomerID int64 `db:"customer_id"`
	TagID      int64 `db:"tag_id"`
	StaffID    int64 `db:"staff_id"`
	TaggedAt   int64 `db:"tagged_at"`
	TaggedBy   int64 `db:"tagged_by"`
	RunID      int64 `db:"run_id"` // the import that added it, 0 = none
}

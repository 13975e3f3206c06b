package declared

// Hold is what a reservation holds.
type Hold = hold

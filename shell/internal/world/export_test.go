package world

// Currency gives the currency of a plan's world.
func (p *Plan) Currency() string { return p.currency }

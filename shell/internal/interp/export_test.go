package interp

// Parse reads a verb's words, and runs nothing.
func (p *Parser) Parse(words []string) error {
	_, err := p.parse(words)
	return err
}

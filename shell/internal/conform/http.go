package conform

type httpPart struct{}

func (f *File) checkHTTP() error { return nil }
func (f *File) checkEach() error { return nil }

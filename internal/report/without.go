package report

import "encoding/json"

// Without is the file without the entries of a batch whose reports are deleted; changed is
// false where it has none.
func (b Beside) Without(gone func(name string, e Entry) bool) (raw []byte, changed bool, err error) {
	for name := range b.Reports {
		if e, err := b.Entry(name); err == nil && gone(name, e) {
			delete(b.Reports, name)
			changed = true
		}
	}
	out, err := json.MarshalIndent(b, "", "  ")
	return append(out, '\n'), changed, err
}

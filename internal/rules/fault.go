package rules

// Fault is what is wrong with one value. It never holds the value.
type Fault struct {
	Code    string // stable, such as "national-id-check-digits"
	Message string // what is wrong
	Remedy  string // what to do
}

func (f *Fault) Error() string { return f.Message }

// fault keeps a nil *Fault from becoming a non-nil error.
func fault(code, message, remedy string) error {
	return &Fault{Code: code, Message: message, Remedy: remedy}
}

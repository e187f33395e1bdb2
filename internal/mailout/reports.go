package mailout

import "time"

// ReportFile is a completion report that was written to a file, as the books remember it.
type ReportFile struct {
	Batch  BatchID
	Path   string // absolute
	SHA256 Digest
	Bytes  int64
	Format string // "csv", "xlsx", "json" or "html"
	At     time.Time
}

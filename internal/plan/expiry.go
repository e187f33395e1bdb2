package plan

import (
	"fmt"
	"time"

	"batch/internal/mailout"
)

// EndsFirst says that a certificate expires before the last deadline of a batch. Both
// times are shown in zone.
func EndsFirst(expires, last time.Time, zone *time.Location) string {
	const layout = "2006-01-02 15:04"
	return fmt.Sprintf("the certificate expires on %s, before the last deadline, %s", expires.In(zone).Format(layout), last.In(zone).Format(layout))
}

// CertificateEndsFirst is the warning that goes with it. file is the certificate's name.
func CertificateEndsFirst(file string, expires, last time.Time, zone *time.Location) mailout.Problem {
	return mailout.Problem{Severity: mailout.Warn, Code: "certificate-ends-first", Place: mailout.Place{File: file},
		Message: EndsFirst(expires, last, zone) + ": signed documents can be fetched with a new one only from then on",
		Remedy:  "order the new one now, and put it in the place of the old one before that day; sending asks about it"}
}

// FollowingEndsFirst is the same for who follows a batch: that process keeps the certificate
// which it began with.
func FollowingEndsFirst(file string, batch mailout.BatchID, expires, last time.Time, zone *time.Location) mailout.Problem {
	return mailout.Problem{Severity: mailout.Warn, Code: "certificate-ends-first", Place: mailout.Place{File: file},
		Message: fmt.Sprintf("of batch %s: %s: signed documents can be fetched with a new one only from then on", batch, EndsFirst(expires, last, zone)),
		Remedy:  "order the new one now, put it in the place of the old one before that day, and start batch follow again"}
}

package mailout

import "fmt"

// A megabyte is 1 048 576 bytes, as Windows shows sizes; the portal's limit is ten of
// them exactly.
const megabyte = 1 << 20

// Megabytes writes a number of bytes for people: "15.2 MB". It rounds up, so that what is
// too large by one byte never reads like the limit, and sizes that are more than nothing
// never read "0.0 MB".
func Megabytes(bytes int64) string {
	t := tenths(bytes)
	return fmt.Sprintf("%d.%d MB", t/10, t%10)
}

// OverLimit is how much larger bytes are than what one job may carry, written so that
// the figures add up: 15.2 MB are 5.2 MB more than 10.0 MB.
func OverLimit(bytes int64) string { return Megabytes(bytes - MaxDocumentBytes) }

// ShrinkTo is the size in percent that pictures must shrink to if they alone are to bring
// documents of so many bytes below the limit of a job. It is 0 where that is not enough.
func ShrinkTo(bytes, pictures int64) int {
	left := pictures - (bytes - MaxDocumentBytes)
	if left <= 0 {
		return 0
	}
	return int(min(100, left*100/pictures))
}

// tenths of a megabyte, rounded up.
func tenths(bytes int64) int64 { return (max(bytes, 0)*10 + megabyte - 1) / megabyte }

package reconcile

import "io"

// Judge is what every fetched file goes through, with a check of one's own.
func Judge(check func(io.ReaderAt, int64) error) error {
	return offer{check: check}.judge(nil, 0)
}

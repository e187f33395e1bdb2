package workspace

import (
	"io/fs"
	"strings"
	"testing"
)

// What the system says of a folder's disk decides as well as its name.
func TestPlacesByTheirDisk(t *testing.T) {
	for name, c := range map[string]struct {
		network, origin string
		err             error
		want            string // of the refusal; empty: the folder is good
	}{
		"a local disk":          {want: ""},
		"a network's":           {network: "NFS", want: "is not on a local disk (NFS)"},
		"a folder of a cloud's": {origin: "/home/kari/Dropbox/post", want: "is synchronized by Dropbox"},
		"nobody can tell":       {err: fs.ErrPermission, want: "cannot be told"},
	} {
		err := checkPlace(t.TempDir(), func(string) (string, string, error) { return c.network, c.origin, c.err })
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

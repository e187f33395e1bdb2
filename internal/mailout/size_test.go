package mailout_test

import (
	"testing"

	"batch/internal/mailout"
)

func TestMegabytesAreRoundedUp(t *testing.T) {
	for bytes, want := range map[int64]string{
		-1: "0.0 MB", 0: "0.0 MB", 1: "0.1 MB", 1 << 20: "1.0 MB", 1<<20 + 1: "1.1 MB",
		mailout.MaxDocumentBytes: "10.0 MB", mailout.MaxDocumentBytes + 1: "10.1 MB", 15_938_355: "15.2 MB",
	} {
		if got := mailout.Megabytes(bytes); got != want {
			t.Errorf("%d bytes are %q, want %q", bytes, got, want)
		}
	}
}

func TestWhatIsOverTheLimitAddsUp(t *testing.T) {
	for bytes, want := range map[int64]string{mailout.MaxDocumentBytes + 1: "0.1 MB", 15_938_355: "5.2 MB"} {
		if got := mailout.OverLimit(bytes); got != want {
			t.Errorf("%d bytes are %q over the limit, want %q", bytes, got, want)
		}
	}
}

func TestPicturesThatShrinkMakeRoomEnough(t *testing.T) {
	const limit = mailout.MaxDocumentBytes
	for _, c := range []struct {
		bytes, pictures int64
		want            int
	}{
		{limit + limit/2, limit, 50},
		{2 * limit, 2 * limit, 50},
		{limit + 1, limit, 99}, // never 100: something must shrink
		{limit + limit/2, limit / 2, 0},
		{limit + limit/2, 0, 0},
	} {
		got := mailout.ShrinkTo(c.bytes, c.pictures)
		if got != c.want {
			t.Errorf("%d bytes with %d of pictures: to %d %%, want %d %%", c.bytes, c.pictures, got, c.want)
		}
		if after := c.bytes - c.pictures + c.pictures*int64(got)/100; got > 0 && after > limit {
			t.Errorf("%d bytes with %d of pictures: after shrinking still %d", c.bytes, c.pictures, after)
		}
	}
}

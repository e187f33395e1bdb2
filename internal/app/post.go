package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"batch/internal/bundle"
	"batch/internal/mailout"
	"batch/internal/pdfprep"
	"batch/internal/portal"
)

// post joins bundle and portal to what submit calls the post: it writes a row's job XML,
// signs its bundle and sends it.
type post struct {
	client   *portal.Client
	root     string // the service root, without a slash at its end
	sealer   *bundle.Sealer
	prepared string // the folder of prepared documents
	now      func() time.Time
}

func (p *post) JobXML(r mailout.Record, now time.Time) ([]byte, error) {
	return bundle.JobXML(r.Job, r.Documents, now)
}

// Create signs and sends. A bundle that cannot be made was certainly not sent, and the
// cause (the key, a prepared document that is gone or changed) concerns more than this
// row.
func (p *post) Create(ctx context.Context, r mailout.Record, ref mailout.Ref, queue string, jobXML []byte) mailout.Outcome {
	sealed, err := p.sealer.Seal(jobXML, r.Documents, p.now(), func(d mailout.Document) (io.ReadCloser, error) {
		return os.Open(pdfprep.Stored(p.prepared, d.SHA256))
	})
	if err != nil {
		return mailout.Outcome{Kind: mailout.OutcomeNotSent, Fatal: true, Code: "bundle", Message: "making the bundle: " + err.Error()}
	}
	return p.client.Create(ctx, portal.Job{Sender: r.Job.Sender, Ref: ref, Queue: queue, Bundle: sealed})
}

// Cancel asks for a job to be cancelled, at the address that the portal gave for it; where
// it gave none, or one of a portal that is not this one, at the documented form.
func (p *post) Cancel(ctx context.Context, w mailout.Wish) (mailout.Answer, error) {
	under := fmt.Sprintf("%s/%s/", p.root, w.Sender)
	address := w.URL
	if !strings.HasPrefix(address, under) {
		address = fmt.Sprintf("%sportal/signature-jobs/%d/cancel", under, w.Job)
	}
	return p.client.Cancel(ctx, w.Sender, address)
}

func (p *post) Reachable(ctx context.Context, sender mailout.OrgNumber) error {
	_, _, err := p.client.WhoAmI(ctx, sender)
	return err
}

// greet asks the portal's root for every sender of a batch before anything is sent: a
// wrong certificate, a missing right or a portal that is away is found here, where it
// costs nothing.
func (s *speaker) greet(ctx context.Context, senders []mailout.OrgNumber) error {
	for _, sender := range senders {
		if _, err := s.ask(ctx, sender); err != nil {
			return err
		}
	}
	return nil
}

// ask asks the portal, at the pace, whom it takes us for.
func (s *speaker) ask(ctx context.Context, sender mailout.OrgNumber) (portal.Greeting, error) {
	done, err := s.pace.Acquire(ctx, string(sender))
	if err != nil {
		return portal.Greeting{}, err
	}
	greeting, speed, err := s.client.WhoAmI(ctx, sender)
	var ce *mailout.CallError
	if errors.As(err, &ce) {
		speed = ce.Speed
	}
	done(speed.TimedOut, speed.Blocked)
	return greeting, err
}

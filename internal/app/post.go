package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"batch/internal/bundle"
	"batch/internal/mailout"
	"batch/internal/portal"
	"batch/internal/submit"
)

// post joins bundle and portal to what submit calls the post: it writes a row's job XML,
// makes its bundle, and signs and sends that.
type post struct {
	client *portal.Client
	root   string // the service root, without a slash at its end
	sealer *bundle.Sealer
	open   func(mailout.Document) (io.ReadCloser, error) // a prepared document
	now    func() time.Time
}

func (p *post) JobXML(r mailout.Record, now time.Time) ([]byte, error) {
	return bundle.JobXML(r.Job.Held(r.HeldUntil), r.Documents, now)
}

// diskLimit is how long reading a row's documents may take: what a call waits at the most
// for the next bytes of its bundle, too.
const diskLimit = 30 * time.Second

// Prepare reads the row's documents and makes its bundle, all but the signature. A disk, or
// a share on the network, may stop answering, and a read from it cannot be broken off: so
// another goroutine reads, and is left to itself when nobody waits for it any more.
func (p *post) Prepare(ctx context.Context, r mailout.Record, jobXML []byte) (submit.Create, error) {
	type made struct {
		bundle *bundle.Bundle
		err    error
	}
	done := make(chan made, 1)
	go func() {
		b, err := p.sealer.Prepare(jobXML, r.Documents, p.open)
		done <- made{b, err}
	}()
	select {
	case m := <-done:
		return func(ctx context.Context, ref mailout.Ref, queue string) mailout.Outcome {
			return p.create(ctx, portal.Job{Sender: r.Job.Sender, Ref: ref, Queue: queue}, m.bundle)
		}, m.err
	case <-time.After(diskLimit):
		return nil, fmt.Errorf("the disk with the prepared documents has not answered for %v", diskLimit)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// asleep is how long a machine has slept at least that has slept.
const asleep = time.Second

// create signs a bundle when the connection is there and nothing has left, and sends it. A
// machine that went to sleep while it connected has a permit of long ago: nothing is sent,
// and the row begun anew. (In sleep the wall clock goes on and the monotonic one, by which
// time.Since goes, does not.) A key that does not sign concerns every row.
func (p *post) create(ctx context.Context, j portal.Job, b *bundle.Bundle) mailout.Outcome {
	began, wall := time.Now(), p.now().Round(0)
	var unsigned error
	j.Bundle, j.Ready = b, func() error {
		now := p.now()
		if now.Round(0).Sub(wall)-time.Since(began) > asleep {
			return errors.New("the machine was asleep while it connected")
		}
		unsigned = b.Sign(now)
		return unsigned
	}
	o := p.client.Create(ctx, j)
	o.Fatal = o.Fatal || unsigned != nil
	return o
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
	began := time.Now()
	greeting, speed, err := s.client.WhoAmI(ctx, sender)
	logCall(s.log, "root", began, err, senderAttr(sender), outcome(err, "ok"))
	var ce *mailout.CallError
	if errors.As(err, &ce) {
		speed = ce.Speed
	}
	done(speed.TimedOut, speed.Blocked)
	return greeting, err
}

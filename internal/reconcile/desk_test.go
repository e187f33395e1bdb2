package reconcile_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"batch/internal/mailout"
)

const (
	org        = mailout.OrgNumber("988015814")
	queueName  = "queue"
	redelivery = 10 * time.Minute
	pollPause  = 10 * time.Minute // the portal's in production
)

// desk is the portal's side of following, in memory: one queue, whose changes come again
// ten minutes after they were handed out, and the documents of jobs. Where the
// specification leaves something open it is as bad as that allows: changes come in any
// order the test asks for, and a confirmation ends every change of the job that was handed
// out, seen by the one who confirms or not. A job is gone, its document with it, when its
// final change is confirmed.
type desk struct {
	mu        sync.Mutex
	waiting   []*handout
	documents map[string][]byte
	announced map[string]int64 // length to announce for an address
	gone      map[mailout.JobID]bool
	confirms  map[mailout.JobID]int // calls

	hook func(step string) // before and after what a call does; may be nil
	poll func() (mailout.Poll, error)
	call func(call string, job mailout.JobID) (applied bool, err error) // a call that fails

	onFetch func(url string)       // told of each fetch; may be nil
	breaks  func(url string) error // a fetch that breaks off half-way; may be nil
}

// handout is a change in the queue.
type handout struct {
	change mailout.Change
	from   time.Time // when it may be handed out
	out    bool
}

func newDesk() *desk {
	return &desk{documents: map[string][]byte{}, announced: map[string]int64{}, gone: map[mailout.JobID]bool{}, confirms: map[mailout.JobID]int{}}
}

// clone is a desk in the same state, without hooks.
func (d *desk) clone() *desk {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := newDesk()
	for _, h := range d.waiting {
		copied := *h
		c.waiting = append(c.waiting, &copied)
	}
	for k, v := range d.documents {
		c.documents[k] = v
	}
	for k, v := range d.announced {
		c.announced[k] = v
	}
	for k, v := range d.gone {
		c.gone[k] = v
	}
	return c
}

// put queues a change; its document, if any, is offered.
func (d *desk) put(c mailout.Change, document []byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c.ConfirmationURL = fmt.Sprintf("/%d/complete", c.JobID)
	if document != nil {
		c.PAdESURL = fmt.Sprintf("/%d/pades", c.JobID)
		d.documents[c.PAdESURL] = document
	}
	d.waiting = append(d.waiting, &handout{change: c})
}

func (d *desk) at(step string) {
	if d.hook != nil {
		d.hook(step)
	}
}

func (d *desk) Poll(_ context.Context, _ mailout.OrgNumber, _ string) (mailout.Poll, error) {
	d.at("poll")
	if d.poll != nil {
		if p, err := d.poll(); p != (mailout.Poll{}) || err != nil {
			return p, err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	for _, h := range d.waiting {
		if !h.from.After(now) {
			h.from, h.out = now.Add(redelivery), true
			c := h.change
			return mailout.Poll{Change: &c}, nil
		}
	}
	return mailout.Poll{Next: pollPause}, nil
}

func (d *desk) Fetch(_ context.Context, _ mailout.OrgNumber, url string, _ int64, w io.Writer) (int64, int64, mailout.Speed, error) {
	d.at("fetch")
	if d.onFetch != nil {
		d.onFetch(url)
	}
	document, announced, err := d.document(url)
	if err != nil {
		return 0, -1, mailout.Speed{}, err
	}
	half := len(document) / 2
	n, err := w.Write(document[:half])
	if err != nil {
		return int64(n), announced, mailout.Speed{}, err
	}
	d.at("half fetched")
	if _, err := d.fails("fetch", url); err != nil {
		return int64(n), announced, mailout.Speed{}, err
	}
	if d.breaks != nil {
		if err := d.breaks(url); err != nil {
			return int64(n), announced, mailout.Speed{}, err
		}
	}
	m, err := w.Write(document[half:])
	return int64(n + m), announced, mailout.Speed{}, err
}

func (d *desk) document(url string) (document []byte, announced int64, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	document, there := d.documents[url]
	if !there || d.gone[jobOf(url)] {
		return nil, 0, &mailout.CallError{Call: "fetch", Status: http.StatusGone, Message: "the portal answered 410"}
	}
	announced = int64(len(document))
	if n, said := d.announced[url]; said {
		announced = n
	}
	return document, announced, nil
}

func (d *desk) Confirm(_ context.Context, _ mailout.OrgNumber, url string) (mailout.Speed, error) {
	d.at("confirm")
	applied, err := d.fails("confirm", url)
	if err == nil || applied {
		if failed := d.confirm(jobOf(url)); err == nil {
			err = failed
		}
	}
	d.at("confirm answered")
	return mailout.Speed{}, err
}

func (d *desk) confirm(job mailout.JobID) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.confirms[job]++
	if d.gone[job] {
		return &mailout.CallError{Call: "confirm", Status: http.StatusNotFound, Message: "the portal answered 404"}
	}
	d.waiting = slices.DeleteFunc(d.waiting, func(h *handout) bool {
		if h.change.JobID != job || !h.out {
			return false
		}
		d.gone[job] = d.gone[job] || h.change.Status.Final()
		return true
	})
	return nil
}

func (d *desk) fails(call, url string) (applied bool, err error) {
	if d.call == nil {
		return false, nil
	}
	return d.call(call, jobOf(url))
}

// left is how many changes are not confirmed.
func (d *desk) left() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.waiting)
}

func (d *desk) confirmed(job mailout.JobID) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.confirms[job]
}

func jobOf(url string) (id mailout.JobID) {
	fmt.Sscanf(strings.TrimPrefix(url, "/"), "%d", &id)
	return id
}

package app

import (
	"context"
	"crypto/tls"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// BenchmarkFollow follows jobs that everybody has signed, against the sandbox with its limits
// off, over real TLS, with every sync of files and ledger. In turns with it a bare HTTP client
// makes the same calls against a sandbox of its own, on as many connections: it polls, fetches
// the signed document, throws it away and confirms. The ratio is what counts; an absolute figure
// on a shared machine means nothing.
//
//	calls/s  polls, fetches and confirmations of ours, end to end
//	bare/s   those of the bare client
//	ratio    calls/s ÷ bare/s; limit of Made: at least 0.6
//
// Made: the sandboxes make and seal each document when it is fetched, as the portal does, on the
// same cores. Ready: they have made them before, and what is left beside a call is what the
// bare client does not do at all: to judge a document, to write and sync it, its folder and the
// books. It shows what that costs, and has no limit.
func BenchmarkFollow(b *testing.B) {
	b.Run("Made", func(b *testing.B) { benchFollow(b, 4, 2500, false) })
	b.Run("Ready", func(b *testing.B) { benchFollow(b, 1, 2500, true) })
}

func benchFollow(b *testing.B, turns, rows int, ready bool) {
	var ours, bare time.Duration
	for b.Loop() {
		b.StopTimer()
		office, beside := followed(b), followed(b)
		for turn := range turns {
			here, there := office.send(b, turn, rows), beside.send(b, turn, rows)
			if ready {
				office.makeAll(b, here)
				beside.makeAll(b, there)
			}
			ours += office.follow(b, here, rows)
			bare += beside.drain(b, rows)
		}
		office.Close()
		beside.Close()
		b.StartTimer()
	}
	calls := float64(3 * turns * rows * b.N) // not counted: the polls that find the queue empty
	b.ReportMetric(calls/ours.Seconds(), "calls/s")
	b.ReportMetric(calls/bare.Seconds(), "bare/s")
	b.ReportMetric(bare.Seconds()/ours.Seconds(), "ratio")
	b.ReportMetric(0, "ns/op")
}

// followedOffice is a rehearsal whose signers have signed when they are asked about.
type followedOffice struct {
	*Rehearsal
	letters string // the manifests' folder
}

func followed(b *testing.B) followedOffice {
	b.Helper()
	dir := b.TempDir()
	page, err := os.ReadFile(filepath.Join("..", "..", "samples", "avtaler", "1042.pdf"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "side.pdf"), page, 0o600)
	}
	if err != nil {
		b.Fatal(err)
	}
	r, err := Rehearse(b.Context(), RehearseOptions{Options: Options{Dir: dir}, Keep: filepath.Join(dir, "keep")})
	if err != nil {
		b.Fatal(err)
	}
	return followedOffice{r, dir}
}

// send makes so many jobs, whose titles no other turn has.
func (o followedOffice) send(b *testing.B, turn, rows int) mailout.BatchID {
	b.Helper()
	var csv strings.Builder
	csv.WriteString("title;email;document\r\n")
	for n := range rows {
		fmt.Fprintf(&csv, "Avtale %d-%d;person%d@example.com;side.pdf\r\n", turn, n, n)
	}
	manifest := filepath.Join(o.letters, fmt.Sprintf("manifest%d.csv", turn))
	if err := os.WriteFile(manifest, []byte(csv.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	planned, err := o.Plan(b.Context(), PlanOptions{Manifest: manifest})
	if err != nil || planned.Batch == "" {
		b.Fatalf("planning: %v %v", err, planned.Problems)
	}
	sent, err := o.Send(b.Context(), SendOptions{Batch: planned.Batch, ApprovedBy: "benchmark", Soft: b.Context()})
	if err != nil || sent.Books.Totals[mailout.Created] != rows {
		b.Fatalf("sending: %v, %v %s", sent.Books.Totals, err, sent.Reason)
	}
	return planned.Batch
}

func (o followedOffice) follow(b *testing.B, id mailout.BatchID, rows int) time.Duration {
	b.Helper()
	began := time.Now()
	sent, err := o.Follow(b.Context(), FollowOptions{Batch: id, Soft: b.Context()})
	took := time.Since(began)
	if err != nil || sent.Books.Totals[mailout.Signed] != rows {
		b.Fatalf("following: %v, %v %s", sent.Books.Totals, err, sent.Reason)
	}
	return took
}

// makeAll has the sandbox make every signed document.
func (o followedOffice) makeAll(b *testing.B, id mailout.BatchID) {
	b.Helper()
	client := o.bare()
	defer client.CloseIdleConnections()
	group, ctx := errgroup.WithContext(b.Context())
	group.SetLimit(o.takers())
	for rec, err := range o.Records(b.Context(), id) {
		if err != nil {
			b.Fatal(err)
		}
		group.Go(func() error {
			_, err := bareCall(ctx, client, http.MethodGet, fmt.Sprintf("%s/%d/pades", o.jobs(), rec.JobID), discard)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
}

// drain takes all changes as a client would that keeps nothing.
func (o followedOffice) drain(b *testing.B, rows int) time.Duration {
	b.Helper()
	client := o.bare()
	defer client.CloseIdleConnections()
	began := time.Now()
	var taken atomic.Int64
	group, ctx := errgroup.WithContext(b.Context())
	for range o.takers() {
		group.Go(func() error {
			for {
				again, err := takeBare(ctx, client, o.jobs()+"?polling_queue="+o.queue(sandbox.Organization))
				if err != nil || !again {
					return err
				}
				taken.Add(1)
			}
		})
	}
	if err := group.Wait(); err != nil || taken.Load() != int64(rows) {
		b.Fatalf("draining: %d of %d changes, %v", taken.Load(), rows, err)
	}
	return time.Since(began)
}

// jobs is the address of the sender's jobs.
func (o followedOffice) jobs() string {
	return fmt.Sprintf("%s/%s/portal/signature-jobs", o.portal.URL, sandbox.Organization)
}

// bare is a client that knows the sandbox's certificate, as it is in the same process.
func (o followedOffice) bare() *http.Client {
	return &http.Client{Transport: &http.Transport{
		MaxIdleConnsPerHost: o.takers(), DisableCompression: true,
		TLSClientConfig: &tls.Config{Certificates: []tls.Certificate{o.portal.Sandbox.PKI.Client}, InsecureSkipVerify: true},
	}}
}

// takeBare takes one change: poll, fetch, confirm. again is false where there is none.
func takeBare(ctx context.Context, client *http.Client, queue string) (again bool, err error) {
	var change struct {
		Confirm string `xml:"confirmation-url"`
		PAdES   string `xml:"signatures>pades-url"`
	}
	status, err := bareCall(ctx, client, http.MethodGet, queue, func(body io.Reader) error { return xml.NewDecoder(body).Decode(&change) })
	if err != nil || status != http.StatusOK {
		return false, err
	}
	if _, err := bareCall(ctx, client, http.MethodGet, change.PAdES, discard); err != nil {
		return false, err
	}
	_, err = bareCall(ctx, client, http.MethodPost, change.Confirm, discard)
	return true, err
}

func discard(body io.Reader) error {
	_, err := io.Copy(io.Discard, body)
	return err
}

// bareCall makes one call. read gets the body of an answer that has one to offer.
func bareCall(ctx context.Context, client *http.Client, method, url string, read func(io.Reader) error) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return 0, err
	}
	answer, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusOK:
		if err := read(answer.Body); err != nil {
			return 0, err
		}
	case http.StatusNoContent, http.StatusTooManyRequests: // the queue is empty
	default:
		return 0, fmt.Errorf("%s was answered with %s", url, answer.Status)
	}
	return answer.StatusCode, discard(answer.Body)
}

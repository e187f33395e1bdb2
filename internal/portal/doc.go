// Package portal speaks the portal's HTTP and XML, and says of each call whether it
// certainly had no effect.
//
//	c, err := portal.New(portal.Options{Root: root, TLS: identity.TLSConfig(trust, time.Now)})
//	…
//	outcome := c.Create(ctx, portal.Job{Sender: sender, Ref: ref, Queue: queue, Bundle: bundle, Ready: sign})
//	poll, err := c.Poll(ctx, sender, queue)
//	n, announced, speed, err := c.Fetch(ctx, sender, poll.Change.PAdESURL, limit, file)
//	speed, err = c.Confirm(ctx, sender, poll.Change.ConfirmationURL)
//	answer, err := c.Cancel(ctx, sender, outcome.CancellationURL)
//	answer, err = c.DeleteDocuments(ctx, sender, poll.Change.DeleteURL)
//
// Every call is made exactly once: no redirect is followed, and the transport repeats
// nothing by itself. The caller paces its calls and hands the Speed of each answer to the
// pace. Errors are *[mailout.CallError]; a create has no error but an outcome. Either way
// the end of a call is one of four: it succeeded, was refused by the portal's own error
// document, was not sent, or is unknown. To cancel or delete too late is an answer. Of a
// call whose success has no words (to confirm, cancel, delete) a 2xx with anything but
// nothing, or a document of the portal's, is unknown: a gateway's login page is a 200 too.
//
// What it guarantees:
//
//   - [mailout.OutcomeNotSent] is said only where it is proved (see [Client.Create]), and
//     LastByte is set whenever bytes of a request may have left: the connection itself
//     counts what it was given.
//   - A bundle is streamed, through buffers, from where it lies to the connection, with its
//     length announced. One that cannot be written to its end leaves the server without
//     the end of the request.
//   - Answers are bounded in bytes, depth and time, and read strictly: a DOCTYPE, a
//     doubled or unknown element or attribute, another namespace or encoding, or anything
//     behind the document makes an answer unreadable.
//   - URLs that the server gave are called only at the portal's own host and port, under
//     the sender's path.
//   - Trust is the caller's TLS configuration, asked at every handshake, resumed ones and
//     those through a proxy included; no byte of a request leaves before it has answered.
//   - No message holds personal data, also where the portal quotes what it was sent, nor
//     anything that acts on a terminal.
//
// Code is the portal's own error code, or one of ours. No answer: unreachable, timeout,
// reset, no-answer, stopped (the context ended), proxy-refused, wrong-server,
// certificate-refused. An
// answer: blocked, too-early, bare-429, redirect, server-error, no-error-document,
// unreadable-answer, other-reference. A download: too-large, truncated, encoded. Not
// called at all: foreign-url, bad-sender, bundle, given-up (see Job.Ready); bundle also of a
// create that was broken off, and then unknown.
//
// Speed.TimedOut is said of every call that may have left and was not answered in words of
// the portal's own: the pace keeps its permit out for longer (see unheard in verdict.go).
//
// With TLS 1.3 a server refuses a client certificate only after the request has left. That
// is not sent all the same, and proved (see refusedHandshake in wire.go), as long as the
// alert gets through; where the network loses it, the row is unknown. [Client.WhoAmI]
// before the first create shows a refused certificate where nothing is at stake.
//
// What net/http itself writes to the standard logger, the bytes of an answer that nobody
// asked for, may hold anything: a program that uses this package silences that logger.
//
// Limits of time: 5 s each to connect and for TLS, 30 s without a byte moving while a
// request is read from disk and goes out or a document comes in, 60 s from the last byte sent to the end of any
// other answer.
package portal

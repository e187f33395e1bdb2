// Package sandbox is a stand-in for the signing portal: the observable behaviour of its
// portal-flow API, strict, with faults on request. It shares no code with the client: it
// is a second reading of the same specification, so that the two judge each other.
//
// # Use
//
// [Start] listens on loopback, the portal's API with mutual TLS and a control API beside
// it, and [Running.WriteFiles] makes a folder a workspace that speaks to it. Within one
// process [Sandbox.Advance], [Sandbox.Jobs], [Sandbox.Calls] and [Sandbox.SetFaults] do
// what the control API does. Tests that want a server of their own take [New] with
// [Sandbox.Handler], [Sandbox.TLSConfig] and [Sandbox.Control].
//
// # Its parts
//
// This package has the calls, the jobs with their queues and clock, the faults and the state,
// and the rules of portal-api.md. What a create brings is read by packages that know nothing
// of jobs and HTTP: strictxml (any XML), asice (the bundle's ZIP), xades (its signature, and
// those of signers), pdfcheck (the documents). signedpdf makes what is given out when people
// have signed. What these packages refuse they refuse in a sentence; the portal's code for it
// is chosen here.
//
// # The control API and its page
//
// On loopback, without authentication, for programs and people on this machine: jobs as
// the portal knows them (GET /jobs, /jobs/ID, ?reference=), its log (GET /calls, and
// /calls/summary), signers (POST /jobs/ID/signers/N/sign, /reject, /fail?status=; POST
// /jobs/ID/sign lets all sign in order), the clock (POST /clock?advance=240h) and faults
// (PUT /faults). None of it holds personal data. A request under another name than this
// machine's, or from a page of somebody else, is refused.
//
// GET / is a page on which a person sees the jobs, the newest first, opens the documents as
// they came (GET /jobs/ID/documents/N) and signed (GET /jobs/ID/signed), signs or rejects
// as the signer whose turn it is, and moves the clock. It shows titles, but what tells
// signers only masked. It loads nothing from elsewhere, works without a script, and with
// its own shows by itself what has changed.
//
// # What it is strict about
//
// Everything the specification says: the client's certificate and the organization in the
// address; multipart with exactly two parts; request and manifest element by element in
// the order of portal.xsd, with every limit, and the rules the schema cannot say (where
// they depend on the sender being public or private, a job is refused only where neither
// may send it); national numbers and the signers' own details where no personal data may
// stand; a ZIP that Java can read as a stream; a XAdES signature that covers every file,
// holds, was made within five seconds of now, by a certificate of the sender with its whole
// chain; PDFs of the right version, not encrypted; ten calls a second by the rule of
// Jetty's DoSFilter, with the block of thirty seconds; permitted poll times. What is
// refused gets the portal's error document, whose message says what was wrong without
// repeating it.
//
// What the standards leave free is free: the letters and order of headers, encodings,
// prefixes, comments and layout of XML, the forms of its dates and numbers, the ids in a
// signature and the way an issuer is written down, deflated and stored entries. A create
// costs less than the client's signature over it; while a bundle is judged, up to half a
// megabyte of it is in memory, and one that is larger on disk.
//
// # The life of a job
//
// Order groups are opened one after another, each with an availability of its own. One
// signer who rejects, fails or lets the time pass ends the job; the others become
// NOT_APPLICABLE. Every change of status goes into the job's queue; several are one, of
// the newest status. A change handed out comes again after ten minutes unless it is
// confirmed. After the confirmation of a final status the job is gone (410), unless long-
// term storage is on; unfetched documents go after forty days. The movable clock
// ([Sandbox.Advance]) touches exactly these times.
//
// # State
//
// Documents are in files below [Options.Dir]. Without it the first 64 MiB of bundles are in
// memory, and what else there is of documents in a folder of its own. Everything else is in
// memory and ends with the process. With [StateFile] it goes on: every change is
// appended to a journal before the call that made it is answered, so that a sandbox that
// is started again in the same folder, however the last one ended, knows all that was ever
// answered: jobs, queues, what was handed out and until when, permitted poll times, how far
// the clock was moved; and has the same keys. At the same address its URLs hold too. What
// fell due in between happens as it starts. It does not remember what the portal keeps in
// its process's memory only (the calls of the last second, a block), nor what belongs to a
// test rather than to the portal (faults, the log of calls).
//
// The signed document is real, and so is each signer's XAdES in it; package signedpdf makes
// it, when it is first fetched, and says what is in it. A [PAdESStyle] says what follows the
// seal. The names on it are made up: the manifest has none.
//
// # Faults
//
// A [Fault] strikes calls by kind, reference, number or share. "Not applied" means that
// nothing has happened; "applied" that it has, whatever the caller is told.
//
//	refuse            not applied; the portal's error document, status 400
//	refuse:CODE       the same with another error code; 403 with NOT_AUTHORIZED and
//	                  BROKER_NOT_AUTHORIZED
//	drop-before       not applied; the connection is closed without an answer
//	drop-after        applied; the connection is closed without an answer
//	reset-mid-body    the connection is reset half-way: through the request where it has a
//	                  body (not applied), else through the answer (applied)
//	slow-before:5s    not applied until the time is over, and not at all if the caller has
//	                  given up by then
//	slow-after:5s     applied, answered when the time is over
//	status:503        not applied; this status with a proxy's plain text
//	status-after:503  applied; this status with a proxy's plain text
//	bare-429          not applied; 429 without the portal's marks
//	garble            applied; an answer of the right length that cannot be read
//	truncate          applied; half of the announced answer
//	html              not applied; 200 with a page to log in
//	redirect:URL      not applied; 307 to the URL
//	block             not applied; the organization is blocked as if it had been too fast
//	requeue           poll: the change is handed out and stays in the queue, behind the
//	                  others; confirm: answered, but the change comes again
//	duplicate         create: two jobs are made, one is told of; poll: as requeue
//	foreign           poll: hands out a change of a job that nobody here has created
package sandbox

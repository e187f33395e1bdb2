// Package reconcile follows jobs to their end: it takes status changes from the
// portal's queues, fetches and keeps the signed documents, writes the books, and only
// then confirms. It also settles unknown rows, whose lost answers their changes replace.
//
// A change is handled in an order that a crash cannot hurt (design.md, "Following a
// job"):
//
//  1. the change is recorded;
//  2. for a final one, the signed document is fetched to a temporary file, checked and
//     synced, and so is each signer's XAdES, each in its turn, where Options.XAdES asks
//     for them;
//  3. its digest and temporary name are committed;
//  4. it is renamed, never over another file, and its folder is synced;
//  5. that is committed, and the row ends;
//  6. the change is confirmed, which lets the portal delete its only copy.
//
// A crash anywhere before the end of step 6 brings the change again after ten minutes,
// and every step finds what the earlier try left. Handling a change twice changes
// nothing. A confirmation is sent only within nine minutes of the poll that brought the
// change: later it might confirm a status nobody here has seen.
//
// A confirmation belongs to the job, not to the change. Several takers may carry changes
// of one queue, so each change is recorded before the next poll, one that is not final is
// confirmed before the next poll, or not at all while one waits that ends the job, or may end it
// (a status that nobody here knows), and a job's final change is carried by one taker at a time:
// no confirmation counts for a final change whose document is not kept. That it is kept is seen
// on the disk, and not only in the books.
//
// A change that comes when its batch is purged is recorded and confirmed, and nothing that it
// offers is fetched.
//
// Changes that are not ours are counted and never confirmed. More than three different
// ones stop the polling: we would be starving the application they belong to.
package reconcile

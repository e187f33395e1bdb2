// Package ledger is the durable record of a workspace: batches, rows, attempts,
// changes, files and events, in one SQLite file, with sent.log beside it. SQL stands
// only here.
//
// # Use
//
// Open gives a [Ledger]; its methods are whole transitions, each in one transaction
// that is committed and synced when the method returns: [Ledger.BeginAttempt],
// [Ledger.Settle], [Ledger.TakeChange], [Ledger.KeepSigned] and so on. There is no
// transaction object, no create-read-update-delete, and no transaction stays open
// across a call or a wait.
//
// # What it guarantees
//
//   - A row moves only as mailout.Next allows; the schema's CHECKs say it again.
//   - A Ref is on disk twice, in the ledger and in sent.log, both synced, before
//     BeginAttempt returns: what was never said to the portal can be told from what may
//     have been, even when the ledger is lost or an older copy is put back. Without the
//     sent.log that belongs to the ledger, whatever was sending is unknown.
//   - A row that a person wishes cancelled is never sent: what is planned is withdrawn by
//     the wish itself, and what would be planned again in the transaction that would do it.
//     The wish for a job is kept until the portal's answer is in the books.
//   - Two rows with the same signers, documents and title are never both on their way.
//   - Events are appended, never changed.
//   - An error of the database is an [*Error] with a sentence and a remedy; after one
//     the caller says nothing more to the portal, for a commit that failed may still be
//     there after a crash.
//
// # How
//
// WAL with synchronous=FULL; every pragma in the data source name, because an Exec
// would reach one pooled connection only. One connection writes (_txlock=immediate),
// a second pool reads. Several processes may have the ledger open; only the one with
// the workspace's lock talks to the portal and calls [Ledger.Recover].
package ledger

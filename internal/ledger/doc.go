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
//   - A Ref is on disk twice, in the ledger and in sent.log, both synced, and the ledger has
//     noted how far sent.log goes with it, before BeginAttempt returns: what was never said
//     to the portal can be told from what may have been, even when the ledger is lost or an
//     older copy is put back. A sent.log that does not go as far as was noted, or has
//     something else there, proves nothing: whatever was sending is unknown, and nothing more
//     is sent until a person has laid the alarm to rest.
//   - Books that were lost, or put back from an older copy, send nothing before
//     [Ledger.Rebuild] has made every row unknown that sent.log names, and a person has
//     approved. A line of sent.log proves which letter it was ([Ledger.Seal]), also where
//     the manifest was edited since, and tells nobody who signed it.
//   - Books that are replaced under a process that has them open are noticed before it sends or
//     confirms anything more: what it wrote would be in files without a name.
//   - A row that a person wishes cancelled is never sent: what is planned is withdrawn by
//     the wish itself, and what would be planned again in the transaction that would do it.
//     The wish for a job is kept until the portal's answer is in the books.
//   - Two rows with the same signers, documents and title are never both on their way,
//     unless a person allowed the repeat by its number ([Ledger.Earlier]). That holds too
//     for a letter of which, after a loss, only the mark of sent.log is known.
//   - A row that is another attempt at an earlier one is approved only while that one's job is
//     certainly over, and nobody has made another attempt at it ([Ledger.Standing]).
//   - Until when the rows of a batch are held is fixed once, before the first of them is
//     sent, and another time only where a person agreed ([Ledger.Hold]).
//   - A batch that is over can be rid of everything personal ([Ledger.BeginPurge],
//     [Ledger.PurgeRows]), in the bytes of the file too ([Ledger.Wipe]). Its states, times,
//     digests and events stay, and a letter of it is still not sent twice.
//   - Events are appended, never changed, but that those of a purged batch lose the words that
//     people have left there. What no CHECK can say, triggers do: that only a row
//     of an approved batch is sent, and with an open attempt; that no change is confirmed
//     whose document is not kept; that what is over stays over.
//   - Before a newer program changes the schema, a copy of the books is kept beside them.
//     After a crash, and only then, the whole file is looked through before [Ledger.Recover]
//     or [Ledger.Rebuild] concludes anything.
//   - An error of the database is an [*Error] with a sentence and a remedy. After a commit
//     that failed no intent is written any more, for what it wrote may still be there after
//     a crash; answers to calls that are under way are.
//
// # How
//
// WAL with synchronous=FULL; every pragma in the data source name, because an Exec
// would reach one pooled connection only. One connection writes (_txlock=immediate), with
// what SQLite needs to take a statement back in memory (temp_store); a second pool reads.
// What is sent and followed at the same moment shares one commit, and intents one append to
// sent.log, each step in a savepoint: one row's failure is none of the others'. How many rows are
// in which state is counted by triggers, so that nothing that a start asks takes longer with
// the number of rows. Several processes may have the ledger open; only the one with
// the workspace's lock talks to the portal and calls [Ledger.Recover].
package ledger

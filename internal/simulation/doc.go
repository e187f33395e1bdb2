// Package simulation lets the whole sender live through everything that can go wrong, in a
// world of its own, and compares its books with what the portal knows. It holds tests only.
//
// # The world
//
// A world is one batch, one portal (package sandbox, with all its strictness) and the network
// between them, in a testing/synctest bubble: half an hour until a row may be declared absent
// takes no time, and no two things happen at the same instant unless the program itself does
// them at once. The batch is planned before (PDFs are read by processes, which a bubble does
// not have) and copied for each world; everything behind the plan is the program itself, from
// package app down to TLS and SQLite: approving, sending, following, cancelling, resolving,
// resuming, reporting, auditing, purging.
//
// Its people sign in any order, alone, beside each other and one after another; or reject, do
// nothing, are blocked, reserved, or something that no list has. They are the row's, not the
// seed's (see people): how a row has to end is known before.
//
// # What goes wrong
//
// All of it is decided by a seed, and by whom it strikes: a hash of the seed, the row, its
// attempt and the call, not the order in which calls happen to come. Calls fail by every
// fault of the sandbox; connections are refused, hang, break off half-way, or are closed
// while nobody uses them; persons press Ctrl-C, cancel rows, are stopped by a rule or a
// canary and approve going on, and say "absent" of a row that has a job. Scheduled jobs follow
// for some minutes, or once, in place of one process that does all.
//
// Changes come one to five times, at once behind those that wait, and late: when their job is
// gone from the portal, and older ones behind newer (see again). Downloads are cut, and
// confirmations lost on either way. Up to three jobs of strangers are in the queues; a longer
// series has a test of its own, and so have older changes while the final one waits.
//
// A process dies at a step: before or after any call is answered, anything is written to or
// read from a connection, and anything is written, synced, renamed or removed on disk
// (package disktest). What is on disk then is copied: all that was written where the process
// is killed, only what was synced, and by the seed some of the rest, where the power fails.
// From then on the dead process is heard no more, by disk or portal, and another goes on from
// the copy.
//
// # What is checked
//
// Whenever no process runs (see checker): no row has two jobs, unless the portal itself made
// them or a person was wrong, and then there is an alarm; no row's state is untrue; a row is
// unknown only where its answer was lost or its process died; the sums are right; of every job
// that the portal has given up as signed, the document is kept as it was given out; a file that
// was ever kept, a doubtful one too, is still what it was; the portal never counted an eleventh
// call in a second.
//
// At the end every row is over as its signers acted, and the reports, csv and json, say what
// they say where nothing goes wrong: all but times, references, ids, and what depends on them.
// Set aside are only rows that the portal was made to refuse, that a person wished cancelled in
// time, or whose days were over before their people could act; and of rows with a second job,
// what is to be done about that one. When a person has looked into the alarms an audit finds
// nothing. Some batches are then purged, by processes that die too; changes that come after that
// are confirmed, nothing of them is kept, and an audit finds nothing still.
//
// # A seed that fails
//
// It prints its log, and the command that repeats it. Mend the program, not the seed, and add
// it to the list of seeds in kept_test.go with what it showed.
package simulation

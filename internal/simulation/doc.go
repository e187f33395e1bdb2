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
// resuming.
//
// # What goes wrong
//
// All of it is decided by a seed, and by whom it strikes: a hash of the seed, the row, its
// attempt and the call, not the order in which calls happen to come. Calls fail by every
// fault of the sandbox; connections are refused, hang, break off half-way, or are closed
// while nobody uses them; persons press Ctrl-C, cancel rows, are stopped by a rule or a
// canary and approve going on, and say "absent" of a row that has a job.
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
// unknown only where its answer was lost or its process died; the sums are right; what the
// portal has given up is kept here, and is in the books; the portal never counted an eleventh
// call in a second. At the end every row is over as its signers acted.
//
// # A seed that fails
//
// It prints its log, and the command that repeats it. Mend the program, not the seed, and add
// it to the list of seeds in kept_test.go with what it showed.
package simulation

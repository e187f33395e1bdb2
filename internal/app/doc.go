// Package app is the program without its command line: it opens a workspace, wires the
// stages and runs the flows. It is the only package that sees two stages at once.
//
//	a, err := app.Open(ctx, app.Options{Dir: "."})
//	plan, err := a.Plan(ctx, app.PlanOptions{Manifest: "manifest.xlsx"})
//	sent, err := a.Send(ctx, app.SendOptions{Batch: plan.Batch, ApprovedBy: "typed"})
//
// Everything that talks to the portal ([App.Send], [App.Follow]) is the speaker: it takes
// the workspace's lock, takes up what an earlier speaker left, checks certificate and
// portal with a call that changes nothing, and shares one pace and one stop signal
// between sending and following. Reading and planning need no lock and run beside it.
// [App.Cancel] writes a wish into the ledger; whoever speaks then carries it to the portal,
// the canceller itself where nobody else does. [App.Resolve] writes into it too: a row that has
// no job is sent again by whoever sends at that time.
//
// [App.Purge] is the speaker too, and nobody plans meanwhile: it deletes what is personal of a
// batch that is over, and is done again where it was broken off.
//
// Options.Log gets a line for every call to the portal, and for what is waited for, what an
// earlier run left, and each alarm: with references, jobs and lines, and nothing about anybody.
//
// [App.Next] writes a manifest for another attempt at rows that are certainly over. It reads the
// list again, as a plan would, before it has its name, and changes nothing in the books.
//
// [Rehearse] runs the very same flows against the sandbox inside the process.
//
// Errors are [*Error] where a person can do something about them: a kind, from which the
// command line takes the exit code, a sentence and a remedy.
package app

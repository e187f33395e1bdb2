// Package mailout is the vocabulary of batch: the words of the design as Go
// types, the states of a row, and the one function that says how a row moves
// between them. It does no I/O and imports nothing but the standard library, so
// every other package can speak it.
//
// A manifest is read into [Entry] values (a row as the sender wrote it). Planning
// turns each into a [Row] with prepared documents; a row becomes one job at the
// portal, reached by a [Ref] of ours and known there by a [JobID]. What happens to a
// row is told by [Next]: nothing else in the program decides a [State].
//
// Personal data have types of their own ([NationalID], [Email], [Mobile], [Text]).
// They print, log and marshal as a mask; Reveal is the only way to the value, and a
// search for "Reveal()" lists every place that shows or stores one. Three ways round the
// mask are Go's own, and nobody may take them: the verbs %p and %w (go vet refuses
// both), printing a struct that holds such a value in an unexported field, and a JSON
// object whose keys are such values.
package mailout

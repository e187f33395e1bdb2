// Package rules holds what the portal and the national registers demand, as pure
// functions: no I/O, no clock, no configuration.
//
// There are two kinds. [NationalID], [OrgNumber], [Email], [Mobile] and [Text] judge
// one value and answer with a [*Fault]: a stable code, a sentence and a remedy, never
// the value itself. [Job] judges a whole job against what the portal lets a public or
// private sender combine and answers with every [Breach] at once, each with the
// source of its rule.
//
// Lengths are counted in characters (code points), as XML Schema counts them.
package rules

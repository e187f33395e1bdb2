// Command sources makes the manifests of the three mail-outs beside it: lists as office
// systems export them and people tidy them up. It is run by hand, from the project's
// root, when one is to be another:
//
//	go run ./samples/mailouts/sources
//
// Everybody in them is made up, with a fixed seed, so that a new run makes the same
// lists. National numbers are synthetic (80 is added to the month of birth), those of
// organizations begin with 31, as no real one does.
package main

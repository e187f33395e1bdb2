// Package importrules holds the project's import rules as a test: what each package may
// import is a table there, and the table is the design. Data flows one way; imports point
// down to mailout; only app sees two stages at once; the sandbox and the client share no
// code, or the tests that set one against the other would prove nothing.
package importrules

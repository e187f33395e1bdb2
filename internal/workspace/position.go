package workspace

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2/unstable"
)

// position is a place in a text: line and column, both from 1, the column in characters.
type position struct{ line, column int }

// positionAt turns a byte offset into a position.
func positionAt(text []byte, offset int) position {
	before := text[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	return position{1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[start:])}
}

// index knows where each key of a document stands. The decoder tells values without
// their places; a message about a value needs both.
type index struct {
	text  []byte
	at    map[string]position
	count map[string]int // elements of [[array tables]] met so far
}

// newIndex reads a document that is known to be valid TOML.
func newIndex(text []byte) *index {
	ix := &index{text: text, at: map[string]position{}, count: map[string]int{}}
	var p unstable.Parser
	p.Reset(text)
	var table []string
	for p.NextExpression() {
		switch n := p.Expression(); n.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = ix.header(n)
		case unstable.KeyValue:
			ix.keyValue(table, n)
		}
	}
	return ix
}

// header notes a [table] or [[array table]] and returns its path.
func (ix *index) header(n *unstable.Node) []string {
	var path []string
	for keys := n.Key(); keys.Next(); {
		path = ix.note(path, keys.Node())
		if n.Kind == unstable.ArrayTable && keys.IsLast() {
			ix.count[joined(path)]++
		}
		if k := ix.count[joined(path)]; k > 0 { // what follows belongs to the newest element
			path = ix.noteAt(path, element(k-1), keys.Node())
		}
	}
	return path
}

// keyValue notes a key and those inside its value.
func (ix *index) keyValue(table []string, n *unstable.Node) {
	path := table
	for keys := n.Key(); keys.Next(); {
		path = ix.note(path, keys.Node())
	}
	ix.inside(path, n.Value())
}

func (ix *index) inside(path []string, value *unstable.Node) {
	i := 0
	for children := value.Children(); children.Next(); i++ {
		switch child := children.Node(); {
		case child.Kind == unstable.KeyValue:
			ix.keyValue(path, child)
		case value.Kind == unstable.Array:
			ix.inside(append(path[:len(path):len(path)], element(i)), child)
		}
	}
}

// note adds a key to a path and keeps where it was first met.
func (ix *index) note(path []string, key *unstable.Node) []string {
	return ix.noteAt(path, string(key.Data), key)
}

func (ix *index) noteAt(path []string, name string, key *unstable.Node) []string {
	path = append(path[:len(path):len(path)], name)
	if _, known := ix.at[joined(path)]; !known {
		ix.at[joined(path)] = positionAt(ix.text, int(key.Raw.Offset))
	}
	return path
}

// find returns where a key stands, or, for one that is missing, the nearest table
// around it. The zero position: none is there.
func (ix *index) find(path []string) position {
	for n := len(path); n > 0; n-- {
		if p, ok := ix.at[joined(path[:n])]; ok {
			return p
		}
	}
	return position{}
}

// element is the i-th of an array, from 0, as a part of a path: no header or key that a
// person writes is likely to look like it.
func element(i int) string { return "#" + strconv.Itoa(i+1) }

func joined(path []string) string { return strings.Join(path, "\x00") }

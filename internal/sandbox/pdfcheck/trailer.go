package pdfcheck

import (
	"bytes"
	"regexp"
	"strconv"
)

// Bounds of what is followed of a PDF: its updates, and the parts of a table.
const (
	maxTrailers    = 300
	maxSubsections = 1000
)

// trailer is a table's trailer, and of a plain table where it says that objects are.
type trailer struct {
	dictionary
	places []byte
}

// readTrailers finds the trailer dictionaries of a PDF from the newest to the oldest, in tables
// of either kind (ISO 32000-1, 7.5.5 and 7.5.8), with the places of its objects as far as
// plain tables tell them. whole says that the way through them was never lost.
func readTrailers(content []byte) (trailers []trailer, whole bool) {
	at, found := lastStart(content)
	for seen := map[int]bool{}; found; {
		if seen[at] || len(seen) == maxTrailers {
			return trailers, false
		}
		seen[at] = true
		d, ok := trailerAt(content, at)
		if !ok {
			return trailers, false
		}
		trailers = append(trailers, d)
		if hybrid, has := d.number("XRefStm"); has { // readers look there, too
			if d, ok := trailerAt(content, hybrid); ok {
				trailers = append(trailers, d)
			}
		}
		previous, has := d.number("Prev")
		if !has {
			return trailers, true
		}
		at = previous
	}
	return trailers, false
}

// lastStart is where the newest table begins, as the end of the file tells it.
func lastStart(content []byte) (int, bool) {
	tail := content[max(0, len(content)-1024):]
	at := bytes.LastIndex(tail, []byte("startxref"))
	if at < 0 {
		return 0, false
	}
	fields := bytes.Fields(tail[at+len("startxref"):])
	if len(fields) == 0 {
		return 0, false
	}
	start, err := strconv.Atoi(string(fields[0]))
	return start, err == nil
}

// objectHead begins an object, and with it a table that is a stream.
var objectHead = regexp.MustCompile(`^[0-9]{1,10}[ \t\r\n\f\x00]+[0-9]{1,5}[ \t\r\n\f\x00]+obj`)

// trailerAt reads the trailer of the table that begins at a place.
func trailerAt(content []byte, at int) (trailer, bool) {
	if at < 0 || at >= len(content) {
		return trailer{}, false
	}
	table := bytes.TrimLeft(content[at:], blanks)
	if head := objectHead.Find(table); head != nil {
		d, ok := readDictionary(table[len(head):])
		return trailer{d, nil}, ok && string(d["Type"]) == "/XRef"
	}
	places, plain := bytes.CutPrefix(table, []byte("xref"))
	end := bytes.Index(places, []byte("trailer"))
	if !plain || end < 0 {
		return trailer{}, false
	}
	d, ok := readDictionary(places[end+len("trailer"):])
	return trailer{d, places[:end]}, ok
}

// placeSize is the length of one line of a plain table (ISO 32000-1, 7.5.4).
const placeSize = 20

// place is where an object begins by a plain table.
func (t trailer) place(object int) (at int, found bool) {
	rest := t.places
	for range maxSubsections {
		head := subsection.FindSubmatch(rest)
		if head == nil {
			return 0, false
		}
		first, _ := strconv.Atoi(string(head[1]))
		count, _ := strconv.Atoi(string(head[2]))
		lines := rest[len(head[0]):]
		if count*placeSize > len(lines) {
			return 0, false
		}
		if n := object - first; n >= 0 && n < count {
			line := lines[n*placeSize:][:placeSize]
			at, err := strconv.Atoi(string(line[:10]))
			return at, err == nil && line[17] == 'n'
		}
		rest = lines[count*placeSize:]
	}
	return 0, false
}

// subsection begins the lines of objects that follow each other: the first one's number, and
// how many there are.
var subsection = regexp.MustCompile(`^[ \t\r\n\f\x00]*([0-9]{1,7}) ([0-9]{1,7})[ \t]*(?:\r\n|\r|\n)`)

// catalogue is the document's root by the newest plain table that has it; nil where none
// has.
func catalogue(content []byte, trailers []trailer) dictionary {
	if len(trailers) == 0 {
		return nil
	}
	root, is := readReference(trailers[0].dictionary["Root"])
	if !is {
		return nil
	}
	for _, t := range trailers {
		if at, found := t.place(root); found && at < len(content) {
			head := objectHead.Find(content[at:])
			d, _ := readDictionary(content[at+len(head):])
			return d
		}
	}
	return nil
}

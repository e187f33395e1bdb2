package pdfcheck

import (
	"bytes"
	"encoding/hex"
	"regexp"
	"strconv"
)

// blanks and delimiters end a token (ISO 32000-1, 7.2.2).
const (
	blanks     = "\x00\t\n\f\r "
	delimiters = "()<>[]{}/%"
)

// maxDepth bounds how deep objects may lie in each other.
const maxDepth = 50

// dictionary is a dictionary's values by their names (ISO 32000-1, 7.3.7), the values as
// they were written.
type dictionary map[string][]byte

// number is a value that is a plain number.
func (d dictionary) number(name string) (int, bool) {
	n, err := strconv.Atoi(string(d[name]))
	return n, err == nil
}

// readReference reads a value that is a reference to an object.
func readReference(value []byte) (object int, is bool) {
	found := referenceForm.FindSubmatch(value)
	if found == nil {
		return 0, false
	}
	object, err := strconv.Atoi(string(found[1]))
	return object, err == nil
}

var referenceForm = regexp.MustCompile(`^([0-9]{1,10})[\x00\t\n\f\r ]+[0-9]{1,5}[\x00\t\n\f\r ]+R`)

// maxDictionary bounds a dictionary, in bytes; a trailer has some hundred.
const maxDictionary = 256 << 10

// readDictionary reads the dictionary that data begins with. It is false where that is not
// in order.
func readDictionary(data []byte) (dictionary, bool) {
	data = data[:min(len(data), maxDictionary)]
	rest, ok := bytes.CutPrefix(skipBlanks(data), []byte("<<"))
	d := dictionary{}
	for ok {
		if rest = skipBlanks(rest); bytes.HasPrefix(rest, []byte(">>")) {
			return d, true
		}
		if len(rest) == 0 || rest[0] != '/' {
			return d, false
		}
		name := rest[1:][:tokenLength(rest[1:])]
		value := skipBlanks(rest[1+len(name):])
		rest, ok = skipObject(value, 0)
		d[decodedName(name)] = value[:len(value)-len(rest)]
	}
	return d, false
}

// skipBlanks skips blanks and comments.
func skipBlanks(data []byte) []byte {
	for {
		data = bytes.TrimLeft(data, blanks)
		if len(data) == 0 || data[0] != '%' {
			return data
		}
		end := bytes.IndexAny(data, "\r\n")
		if end < 0 {
			return nil
		}
		data = data[end:]
	}
}

// tokenLength is the length of the name, number or word that data begins with.
func tokenLength(data []byte) int {
	for i, b := range data {
		if bytes.IndexByte([]byte(blanks+delimiters), b) >= 0 {
			return i
		}
	}
	return len(data)
}

// decodedName resolves the "#45" in a name (ISO 32000-1, 7.3.5).
func decodedName(name []byte) string {
	return hexInName.ReplaceAllStringFunc(string(name), func(code string) string {
		b, _ := hex.DecodeString(code[1:])
		return string(b)
	})
}

var hexInName = regexp.MustCompile(`#[0-9A-Fa-f]{2}`)

// skipObject returns what follows the object that data begins with.
func skipObject(data []byte, depth int) (rest []byte, ok bool) {
	switch {
	case len(data) == 0 || depth > maxDepth:
		return nil, false
	case data[0] == '/':
		return data[1+tokenLength(data[1:]):], true
	case data[0] == '(':
		return skipText(data)
	case bytes.HasPrefix(data, []byte("<<")):
		return skipMany(data[2:], ">>", depth)
	case data[0] == '<':
		_, rest, ok = bytes.Cut(data, []byte(">"))
		return rest, ok
	case data[0] == '[':
		return skipMany(data[1:], "]", depth)
	}
	if found := referenceForm.Find(data); found != nil {
		return data[len(found):], true
	}
	length := tokenLength(data)
	return data[length:], length > 0
}

// skipMany skips the objects of an array or dictionary and its end.
func skipMany(data []byte, end string, depth int) ([]byte, bool) {
	for {
		data = skipBlanks(data)
		if rest, ended := bytes.CutPrefix(data, []byte(end)); ended {
			return rest, true
		}
		rest, ok := skipObject(data, depth+1)
		if !ok {
			return nil, false
		}
		data = rest
	}
}

// skipText skips a text in parentheses, in which others may stand (ISO 32000-1, 7.3.4.2).
func skipText(data []byte) ([]byte, bool) {
	open := 0
	for i := 0; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				return data[i+1:], true
			}
		}
	}
	return nil, false
}

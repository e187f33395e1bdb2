package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// findObjects reads JSON lines, or lists of objects, and returns the objects for which
// every KEY=VALUE of the list holds. KEY may be a path.
func findObjects(text, fitting string) ([]any, error) {
	all, err := readObjects(text)
	if err != nil {
		return nil, err
	}
	var found []any
	for _, o := range all {
		fits := true
		for _, want := range strings.Split(fitting, ",") {
			key, value, _ := strings.Cut(want, "=")
			fits = fits && field(o, key) == value
		}
		if fits {
			found = append(found, o)
		}
	}
	return found, nil
}

func readObjects(text string) (all []any, err error) {
	in := json.NewDecoder(strings.NewReader(text))
	in.UseNumber()
	for {
		var v any
		if err := in.Decode(&v); errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("reading JSON: %w", err)
		}
		if list, ok := v.([]any); ok {
			all = append(all, list...)
		} else {
			all = append(all, v)
		}
	}
}

// field is the value at a path like signers.0.status, as text. "" where there is none.
func field(o any, path string) string {
	for _, step := range strings.Split(path, ".") {
		switch v := o.(type) {
		case map[string]any:
			o = v[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n < 0 || n >= len(v) {
				return ""
			}
			o = v[n]
		default:
			return ""
		}
	}
	switch v := o.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	}
	text, _ := json.Marshal(o) // it came from JSON
	return string(text)
}

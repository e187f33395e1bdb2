package sandbox

import (
	"os"
	"strings"
	"testing"

	"batch/internal/sandbox/asice/asicetest"
)

// Ways to plant something in an attempt.

func both(plants ...func(*attempt)) func(*attempt) {
	return func(a *attempt) {
		for _, plant := range plants {
			plant(a)
		}
	}
}

// header sets a header of the call; an empty value takes it away.
func header(name, value string) func(*attempt) {
	return func(a *attempt) {
		a.header = a.header.Clone()
		if a.header.Set(name, value); value == "" {
			a.header.Del(name)
		}
	}
}

func body(edit func(string) string) func(*attempt) {
	return func(a *attempt) { a.editBody = edit }
}

func parts(edit func([]part) []part) func(*attempt) {
	return func(a *attempt) { a.editParts = edit }
}

// head replaces the headers of one part.
func head(n int, lines string) func(*attempt) {
	return parts(func(p []part) []part {
		p[n].head = lines
		return p
	})
}

// request replaces something in the first part, and then perhaps something else.
func request(old, new string, more ...string) func(*attempt) {
	return func(a *attempt) {
		a.request = swap(old, new)(a.request)
		if len(more) == 2 {
			a.request = swap(more[0], more[1])(a.request)
		}
	}
}

func manifestEdit(old, new string) func(*attempt) {
	return func(a *attempt) { a.bundle.manifest = swap(old, new)(a.bundle.manifest) }
}

// given puts contact details in the place of the look-up.
func given(inner string) func(*attempt) {
	return manifestEdit(lookup, "<notifications>"+inner+"</notifications>")
}

// lookup is how the plainest manifest notifies.
const lookup = "<notifications-using-lookup><email/></notifications-using-lookup>"

// optional adds what may follow the documents.
func optional(elements string) func(*attempt) {
	return manifestEdit("</documents>", "</documents>"+elements)
}

func properties(old, new string) func(*attempt) {
	return func(a *attempt) { a.bundle.editProperties = swap(old, new) }
}

func signedInfo(old, new string) func(*attempt) {
	return func(a *attempt) { a.bundle.editInfo = swap(old, new) }
}

// afterwards changes signatures.xml when everything is signed.
func afterwards(old, new string) func(*attempt) {
	return func(a *attempt) { a.bundle.editXML = swap(old, new) }
}

// unsigned adds a file that is not signed.
func unsigned(name, content string) func(*attempt) {
	return files(func(f []asicetest.File) []asicetest.File {
		return append(f, asicetest.File{Name: name, Content: []byte(content)})
	})
}

// files changes what is packed, when everything is signed.
func files(edit func([]asicetest.File) []asicetest.File) func(*attempt) {
	return func(a *attempt) { a.bundle.editFiles = edit }
}

// packedBy packs in a way of its own.
func packedBy(pack func([]asicetest.File) []byte) func(*attempt) {
	return func(a *attempt) { a.bundle.rawZIP = pack }
}

// repacked changes the bytes of a ZIP whose entries are stored.
func repacked(edit func(zip []byte) []byte) func(*attempt) {
	return packedBy(func(f []asicetest.File) []byte { return edit(asicetest.Pack(f, false)) })
}

func document(edit func(string) string) func(*attempt) {
	return func(a *attempt) { a.bundle.documents[0].Content = []byte(edit(string(a.bundle.documents[0].Content))) }
}

// pdf is the document in the place of the plain one.
func pdf(content []byte) func(*attempt) {
	return func(a *attempt) { a.bundle.documents[0].Content = content }
}

// another adds a document of so many bytes that is signed and in the manifest.
func another(name string, size int) func(*attempt) {
	return func(a *attempt) {
		content := textPDF([]string{name})
		if pad := size - len(content); pad > 0 {
			content = append([]byte("%PDF-1.4\n%"+strings.Repeat("x", pad-10)), content...)
		}
		a.bundle.documents = append(a.bundle.documents, asicetest.File{Name: name, Content: content})
		a.bundle.manifest = swap("</documents>", `<document href="`+name+`" mime="application/pdf"><title>B</title></document></documents>`)(a.bundle.manifest)
	}
}

// filesOf are the files that a sandbox has, but for its lock.
func filesOf(t *testing.T, s *Sandbox) []string {
	t.Helper()
	entries, err := os.ReadDir(s.folder.path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != lockName {
			names = append(names, e.Name())
		}
	}
	return names
}

package manifest

import (
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"batch/internal/mailout"
)

// What batch.toml adds to the rows, and where the two do not fit together.
func TestSettings(t *testing.T) {
	const head = "Ansattnr;Avdeling;Fnr"
	base := func() Options {
		o := public()
		o.Columns = map[string]string{"Ansattnr": "row"}
		o.Defaults = map[string]string{"title": "Arbeidsavtale for {Avdeling}", "dokument": "avtaler/{ansattnr}.pdf", "frist_dager": "14"}
		return o
	}
	for _, c := range []struct {
		what   string
		change func(*Options)
		lines  []string
		code   string // of an error
		want   string // problems
	}{
		{"defaults give title and document", func(*Options) {}, []string{head, "1042;Helse;" + kari}, "", ""},
		{"an empty placeholder", func(*Options) {}, []string{head, "1042;;" + kari}, "", "placeholder-empty@B2"},
		{"a placeholder of no column", func(o *Options) { o.Defaults["title"] = "Avtale for {Enhet}" }, []string{head, "1042;Helse;" + kari}, "", "placeholder-unknown@1"},
		{"a placeholder by a name of ours", func(o *Options) { o.Defaults["title"] = "Avtale {row}" }, []string{head, "1042;Helse;" + kari}, "", ""},
		{"a missing file by a default", func(*Options) {}, []string{head, "1043;Helse;" + kari}, "", "document-missing@2"},
		{"a national number in the notification", func(o *Options) { o.Defaults["nonsensitive_title"] = "Avtale {Fnr}" }, []string{head, "1042;Helse;" + kari}, "", "placeholder-personal@1"},
		{"a name in the notification", func(o *Options) { o.Defaults["nonsensitive_title"] = "Avtale for {Fornavn}" }, []string{head + ";Fornavn", "1042;Helse;" + kari + ";Kari"}, "", "placeholder-personal@1"},
		{"a department's name in the notification", func(o *Options) { o.Defaults["nonsensitive_title"] = "Avtale i {Avdelingsnavn}" }, []string{head + ";Avdelingsnavn", "1042;Helse;" + kari + ";Helse"}, "", ""},
		{"a column and a default", func(*Options) {}, []string{head + ";Tittel", "1042;Helse;" + kari + ";Rektor"}, "", "column-and-default@D1"},
		{"a column and a default, and the column is meant", func(o *Options) { o.Columns["Tittel"] = "title" }, []string{head + ";Tittel", "1042;Helse;" + kari + ";Avtale", "1044;Helse;" + ola + ";"}, "", "document-missing@3"},
		{"a column and a default, and the column is put aside", func(o *Options) { o.Columns["Tittel"] = "-" }, []string{head + ";Tittel", "1042;Helse;" + kari + ";Rektor"}, "", ""},
		{"a deadline and a default of days", func(*Options) {}, []string{head + ";Frist", "1042;Helse;" + kari + ";01.12.2026"}, "", "column-and-default@D1"},
		{"a deadline that is meant, and a default of days", func(o *Options) { o.Columns["Frist"] = "deadline" }, []string{head + ";Frist", "1042;Helse;" + kari + ";01.12.2026"}, "", ""},
		{"a header that is not here", func(o *Options) { o.Columns["Sluttdato"] = "deadline" }, []string{head, "1042;Helse;" + kari}, "", "(column-mapped-missing@1)"},
		{"national numbers that are put aside", func(o *Options) { o.Columns["Leder"] = "-" }, []string{head + ";Leder", "1042;Helse;" + kari + ";" + ola}, "", ""},
		{"a second signer by default", func(o *Options) {
			o.SignerDefaults = map[int]map[string]string{2: {"fnr": "{Leder}", "varsling": "lookup+sms"}}
		},
			[]string{head + ";Leder", "1042;Helse;" + kari + ";" + ola}, "", ""},
		{"a default for a signer who is not named", func(o *Options) { o.SignerDefaults = map[int]map[string]string{2: {"notify": "lookup"}} }, []string{head, "1042;Helse;" + kari}, "", ""},
		{"one of [[signers]] twice", func(o *Options) { o.Signers = []map[string]string{{"fnr": kari}} }, []string{head, "1042;Helse;" + kari}, "", "signer-twice@2"},

		{"two defaults that take one empty cell", func(o *Options) { o.Defaults["beskrivelse"] = "For {Avdeling}" }, []string{head, "1042;;" + kari}, "", "placeholder-empty@B2"},
		{"a default that takes a cell with an error", func(*Options) {}, []string{head, "1042;#N/A;" + kari}, "", "cell-error@B2"},
		{"a column that is nearly a required one", func(o *Options) { delete(o.Defaults, "title") }, []string{head + ";Titel", "1042;Helse;" + kari + ";Avtale"}, "", "column-missing@D1"},
		{"a column put aside that stands twice", func(o *Options) { o.Columns["Merknad"] = "-" }, []string{head + ";Merknad;merknad", "1042;Helse;" + kari + ";x;y"}, "", ""},
		{"the same, and a default takes it", func(o *Options) { o.Columns["Merknad"], o.Defaults["title"] = "-", "{Merknad}" }, []string{head + ";Merknad;merknad", "1042;Helse;" + kari + ";x;y"}, "", "column-twice@E1"},
		{"a default that notifies a signer who is not named, and says in whose name", func(o *Options) {
			o.SignerDefaults = map[int]map[string]string{2: {"order": "2", "på_vegne_av": "self", "signaturtype": "authenticated"}}
		},
			[]string{head, "1042;Helse;" + kari}, "", ""},

		{"a mistake", func(o *Options) { o.Defaults["department"] = "x" }, []string{head}, "settings", ""},
		{"--hidden of another word", func(o *Options) { o.Hidden = "show" }, []string{head}, "hidden-setting", ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			o := base()
			c.change(&o)
			r := csvOf(t, o, c.lines...)
			if r.code() != c.code || r.code() == "" && r.err != nil {
				t.Fatalf("code %q (%v), want %q", r.code(), r.err, c.code)
			}
			if got := r.findings(); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
		})
	}
}

// A default takes cells of the row; a plus that a cell brings merges nothing.
func TestDefaultsAreFilledIn(t *testing.T) {
	o := public()
	o.Documents = fstest.MapFS{"brev/1+1.pdf": {}, "følgebrev.pdf": {}}
	o.Defaults = map[string]string{"title": "Avtale for {Avdeling} ({Nr})", "document": "følgebrev.pdf + brev/{Nr}.pdf", "available_days": "14"}
	o.SignerDefaults = map[int]map[string]string{1: {"notify": "lookup+sms"}}
	r := csvOf(t, o, "fnr;Nr;Avdeling;rad", kari+";1+1; Helse ;7")
	if r.err != nil || len(r.problems) != 0 {
		t.Fatalf("%v, %v", r.err, r.problems)
	}
	e := r.entries[0]
	if got := e.Job.Title.Reveal(); got != "Avtale for Helse (1+1)" {
		t.Errorf("title %q", got)
	}
	if diff := cmp.Diff([]string{"følgebrev.pdf", "brev/1+1.pdf"}, e.Inputs[0].Parts); diff != "" {
		t.Error(diff)
	}
	if e.Job.Available != 14*24*time.Hour || e.Job.Signers[0].Notify != mailout.NotifyLookupSMS {
		t.Errorf("available %s, notify %s", e.Job.Available, e.Job.Signers[0].Notify)
	}
	if e.Columns[2].Value.Reveal() != " Helse " {
		t.Error("the owner's cell was changed")
	}
}

// A file whose own name has a plus cannot be told from two files.
func TestPlusInAFileName(t *testing.T) {
	o := public()
	o.Documents = fstest.MapFS{"a+b.pdf": {}}
	if r := csvOf(t, o, "title;document;fnr", "Avtale;a+b.pdf;"+kari); r.findings() != "document-plus@B2" {
		t.Errorf("found %s", r.findings())
	}
}

// Letters reach the wrong person by a path that was copied to the next row.
func TestOneFileForTwoPeople(t *testing.T) {
	const head = "title;document;fnr"
	own := []string{head, "Avtale;a.pdf;" + kari, "Avtale;b.pdf;" + ola, "Avtale;c.pdf;" + liv}
	shared := public()
	shared.Shared = []string{"c.pdf"}
	for _, c := range []struct {
		what    string
		options Options
		lines   []string
		want    string
	}{
		{"the last path was copied", public(), append(own[:4:4], "Avtale;c.pdf;"+per), "document-shared@B5"},
		{"the file is listed as shared", shared, append(own[:4:4], "Avtale;c.pdf;"+per), ""},
		{"the same person again", public(), append(own[:4:4], "Avtale;c.pdf;"+liv), ""},
		{"one letter for all", public(), []string{head, "Avtale;a.pdf;" + kari, "Avtale;a.pdf;" + ola, "Avtale;a.pdf;" + liv}, ""},
		{"a common letter beside the own", public(), []string{head, "Avtale;a.pdf+d.pdf;" + kari, "Avtale;b.pdf+d.pdf;" + ola, "Avtale;c.pdf+d.pdf;" + liv}, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := csvOf(t, c.options, c.lines...)
			if r.err != nil || r.findings() != c.want {
				t.Errorf("%v, found %q, want %q", r.err, r.findings(), c.want)
			}
		})
	}
}

func TestTemplates(t *testing.T) {
	for _, wrong := range []string{"{", "}", "{}", "{ }", "{a{b}", "a}b", "{a}}"} {
		if _, err := parseTemplate(wrong); err == nil {
			t.Errorf("%q passes", wrong)
		}
	}
	got, err := parseTemplate("a{b}c{d}")
	want := template{{text: "a"}, {header: "b"}, {text: "c"}, {header: "d"}}
	if err != nil || !cmp.Equal(got, want, cmp.AllowUnexported(part{})) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestNearlyKnown(t *testing.T) {
	for header, want := range map[string]string{
		"Fodselsnummer": "national_id", "notfy": "notify", "Undertegner2 fodselsnr": "signer2_national_id", "dokumnet": "document",
		"Avdeling": "", "Navn": "", "Stilling": "", "Dato": "", "Kontor": "",
	} {
		f, ok := nearlyKnown(header)
		if ok != (want != "") || ok && f.String() != want {
			t.Errorf("%s: %v, want %q", header, f, want)
		}
	}
}

// A file that a default names for every row is meant for everybody, in a list of two
// rows too.
func TestDefaultDocumentIsShared(t *testing.T) {
	o := public()
	o.Defaults = map[string]string{"document2": "følgebrev.pdf + c.pdf"}
	r := csvOf(t, o, "title;document;fnr", "Avtale;a.pdf;"+kari, "Avtale;b.pdf;"+ola)
	if r.err != nil || len(r.problems) != 0 {
		t.Errorf("%v, %v", r.err, r.problems)
	}
}

// Headers that the settings ask for make a header too.
func TestHeaderOfAskedNames(t *testing.T) {
	o := public()
	o.GroupBy, o.Defaults = "Saksnr", map[string]string{"title": "Sak", "document": "a.pdf"}
	if r := csvOf(t, o, "Saksnr;Navn;Fnr", "1;Kari;"+kari, "1;Ola;"+ola); r.err != nil || len(r.entries) != 1 || len(r.problems) != 0 {
		t.Errorf("%v, %v", r.err, r.problems)
	}
	o.GroupBy, o.Defaults = "", map[string]string{"title": "Avtale", "document": "{Sak}.pdf"}
	o.Documents = nil
	if r := csvOf(t, o, "Sak;Navn;Fnr", "1;Kari;"+kari); r.err != nil || len(r.entries) != 1 {
		t.Errorf("%v, %v", r.err, r.problems)
	}
}

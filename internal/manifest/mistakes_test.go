package manifest

import (
	"strings"
	"testing"

	"batch/internal/mailout"
)

// What is wrong in batch.toml is found before a manifest is opened, all of it in one go,
// and with where it stands there.
func TestMistakes(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(*Options)
		want   string // path: message
	}{
		{"nothing", func(*Options) {}, ""},
		{"Norwegian names", func(o *Options) {
			o.Columns = map[string]string{"Nr": "radnr"}
			o.Defaults = map[string]string{"varslingstittel": "Avtale", "fil": "a.pdf", "dokument2_tittel": "B"}
			o.SignerDefaults = map[int]map[string]string{2: {"rekkefølge": "2", "D-nummer": "{Leder}"}}
			o.Signers = []map[string]string{{"fødselsnummer": kari, "varsling": "lookup"}}
			o.Values = map[string]map[string]string{"Rekkefølge": {"Leder": "2"}}
		}, ""},
		{"[columns] to nothing known", func(o *Options) { o.Columns = map[string]string{"Avdeling": "department"} },
			`columns Avdeling: this header is to be "department", but there is no such column`},
		{"[columns] with a header twice", func(o *Options) { o.Columns = map[string]string{"Ansatt nr": "row", "ansattnr": "-"} },
			"columns ansattnr: the same header, written in another way, stands here already"},
		{"[defaults] of nothing known", func(o *Options) { o.Defaults = map[string]string{"titel": "x", "document21": "x"} },
			"defaults document21: there is no such column | defaults titel: there is no such column"},
		{"[defaults] of a signer's column", func(o *Options) { o.Defaults = map[string]string{"signer2_email": "x"} }, "defaults signer2_email: this is a column of a signer"},
		{"[defaults] twice for one thing", func(o *Options) { o.Defaults = map[string]string{"title": "x", "tittel": "y"} }, "defaults tittel: the default of title is given already, under another of its names"},
		{"[defaults] with a brace too many", func(o *Options) { o.Defaults = map[string]string{"title": "Avtale {Avdeling"} }, "defaults title: a brace stands here without its other half"},
		{"[defaults] of a value that cannot be", func(o *Options) {
			o.Defaults = map[string]string{"frist": "snart", "frist_dager": "91", "orgnr": "974760673"}
		},
			"defaults frist: * | defaults frist_dager: a whole number from 1 to 90 is expected | defaults orgnr: batch.toml does not name this organization as a sender"},
		{"[defaults] of a title in two lines", func(o *Options) { o.Defaults = map[string]string{"title": "a\nb", "melding": "a\nb"} }, "defaults title: the text has a line break or a tab in it"},
		{"[defaults.signer1] of a job's column", func(o *Options) { o.SignerDefaults = map[int]map[string]string{1: {"title": "x"}} }, "defaults signer1 title: there is no such column of a signer"},
		{"[defaults.signer1] of another's column", func(o *Options) { o.SignerDefaults = map[int]map[string]string{1: {"signer2_email": "x"}} }, "defaults signer1 signer2_email: there is no such column of a signer"},
		{"[defaults.signer11]", func(o *Options) { o.SignerDefaults = map[int]map[string]string{11: {"notify": "given"}} }, "defaults signer11: signers are numbered 1 to 10"},
		{"[defaults.signer1] of a value that cannot be", func(o *Options) {
			o.SignerDefaults = map[int]map[string]string{1: {"notify": "brev", "mobile": "12", "fnr": "17912099998"}}
		},
			"defaults signer1 fnr: the check digits do not fit: a digit is mistyped | defaults signer1 mobile: * | defaults signer1 notify: this is none of the words that can stand here"},
		{"[[signers]] with a wrong number", func(o *Options) { o.Signers = []map[string]string{{"fnr": kari}, {"fnr": "17912099998"}} }, "signers #2 fnr: the check digits do not fit: a digit is mistyped"},
		{"[[signers]] with a living person's number", func(o *Options) { o.Signers = []map[string]string{{"fnr": "31129956715"}} }, "signers #1 fnr: this may be a living person's number, and what is sent here goes to a test environment"},
		{"[[signers]] of a job's column", func(o *Options) { o.Signers = []map[string]string{{"tittel": "x"}} }, "signers #1 tittel: there is no such column of a signer"},
		{"[[signers]] with one thing twice", func(o *Options) {
			o.Signers = []map[string]string{{"e-post": "a@example.com", "email": "b@example.com"}}
		}, "signers #1 email: email is given already, under another of its names"},
		{"[[signers]] of nobody", func(o *Options) { o.Signers = []map[string]string{{"order": "1"}} }, "signers #1: nobody is named here"},
		{"[[signers]], some with an order", func(o *Options) { o.Signers = []map[string]string{{"fnr": per, "order": "2"}, {"fnr": ola}} }, "signers: some of [[signers]] have an order and others have none"},
		{"[values] of nothing known", func(o *Options) { o.Values = map[string]map[string]string{"rolle": {"Leder": "2"}} }, "values rolle: there is no such column"},
		{"[values] of free text and of people", func(o *Options) {
			o.Values = map[string]map[string]string{"title": {"A": "B"}, "fnr": {"Kari": kari}, "document": {"A": "a.pdf"}, "row": {"1": "2"}}
		}, "values document: * | values fnr: * | values row: * | values title: what stands in this column is taken as it is: it is free text, or somebody's own"},
		{"[values] of one signer", func(o *Options) { o.Values = map[string]map[string]string{"signer2_order": {"Leder": "2"}} }, "values signer2_order: there is one table for each column, which holds for every signer"},
		{"[values] twice for one column", func(o *Options) {
			o.Values = map[string]map[string]string{"order": {"A": "1"}, "rekkefølge": {"B": "2"}}
		}, "values rekkefølge: there is one table for each column, which holds for every signer"},
		{"[values] of what cannot be read", func(o *Options) { o.Values = map[string]map[string]string{"order": {"Leder": "sist"}} }, "values order Leder: a whole number from 0 to 9 is expected"},
		{"[values] with a word twice", func(o *Options) {
			o.Values = map[string]map[string]string{"order": {"Styreleder": "1", "styre leder": "2"}}
		}, "values order styre leder: the same word, written in another way, stands here already"},
		{"[values] of an empty cell", func(o *Options) { o.Values = map[string]map[string]string{"order": {"-": "1"}} }, "values order -: an empty cell cannot stand for something"},
	} {
		t.Run(c.what, func(t *testing.T) {
			o := public()
			c.change(&o)
			var got []string
			for _, m := range Check(o) {
				got = append(got, strings.Join(m.Path, " ")+": "+m.Message)
				if m.Remedy == "" || strings.Contains(m.Message+m.Remedy, "17912099998") {
					t.Errorf("%s: no remedy, or a national number", m.Path)
				}
			}
			want := strings.Split(c.want, " | ")
			if c.want == "" {
				want = nil
			}
			if len(got) != len(want) {
				t.Fatalf("found %q, want %q", got, want)
			}
			for i := range got {
				if prefix, any := strings.CutSuffix(want[i], "*"); got[i] != want[i] && !(any && strings.HasPrefix(got[i], prefix)) {
					t.Errorf("found %q, want %q", got[i], want[i])
				}
			}
		})
	}
}

// People write words where we read codes.
func TestValues(t *testing.T) {
	o := public()
	o.Columns = map[string]string{"Rolle": "order", "Rolle 2": "signer2_order", "Varsle": "notify", "Enhet": "sender"}
	o.Senders = map[mailout.OrgNumber]mailout.SenderKind{"984661185": mailout.Public}
	o.Values = map[string]map[string]string{
		"order":    {"Styremedlem": "1", "Styreleder": "2", "2": "9"},
		"varsling": {"på SMS også": "lookup+sms"},
		"avsender": {"Hovedkontoret": "984 661 185"},
	}
	o.SignerDefaults = map[int]map[string]string{3: {"fnr": "{Tredje}", "order": "{Rolle 3}"}}
	o.Documents = nil
	r := csvOf(t, o, "title;document;fnr;Rolle;Varsle;signer2_fnr;Rolle 2;Enhet;Tredje;Rolle 3",
		"Avtale;a.pdf;"+kari+";STYREMEDLEM ;På sms  også;"+ola+";3;hovedkontoret;"+liv+";Styre-leder")
	if r.err != nil || r.findings() != "" {
		t.Fatalf("%v, %s", r.err, r.findings())
	}
	j := r.entries[0].Job
	if j.Sender != "984661185" || j.Signers[0].Notify != mailout.NotifyLookupSMS || j.Signers[0].Order != 1 || j.Signers[1].Order != 3 || j.Signers[2].Order != 2 {
		t.Errorf("sender %s, signers %+v", j.Sender, j.Signers)
	}
	if r.entries[0].Columns[3].Value.Reveal() != "STYREMEDLEM " {
		t.Error("the owner's cell was changed")
	}
	o.SignerDefaults = nil
	bad := csvOf(t, o, "title;document;fnr;Rolle;Varsle;Rolle 2;Enhet", "Avtale;a.pdf;"+kari+";Vara;;;")
	if got := bad.findings(); got != "signer-order@D2" {
		t.Errorf("a word that is not in the table: %s", got)
	}
}

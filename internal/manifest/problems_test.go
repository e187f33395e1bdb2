package manifest

import (
	"strings"
	"testing"

	"batch/internal/mailout"
)

// What cells mean together, in a row, in a column and in the manifest: the code and the
// cell that a person is sent to. In parentheses: a warning. What single cells mean stands
// in the specification.
func TestProblems(t *testing.T) {
	const head = "row;title;document;national_id"
	private := public()
	private.Kind = mailout.Private
	production := public()
	production.AllowSynthetic, production.SyntheticOnly = false, false
	listed := public()
	listed.TestPersons = []string{"31129956715"}
	broker := public()
	broker.Senders = map[mailout.OrgNumber]mailout.SenderKind{"984661185": mailout.Private}

	for _, c := range []struct {
		what    string
		options Options
		lines   []string
		want    string
	}{
		{"a good row", public(), []string{head, "1;Avtale;a.pdf;" + kari}, ""},

		{"a title for a document that is not named", public(), []string{head + ";document2_title", "1;Avtale;a.pdf;" + kari + ";Vedlegg"}, "document-title-alone@E2"},

		{"spaces and hyphens", public(), []string{head, "1;Avtale;a.pdf;179120 99997", "2;Avtale;a.pdf;298220-99635"}, "(national-id-tidied)"},
		{"a listed test person", listed, []string{head, "1;Avtale;a.pdf;31129956715"}, ""},
		{"a synthetic number in production", production, []string{head, "1;Avtale;a.pdf;" + kari}, "national-id-synthetic@D2"},

		{"no column title", public(), []string{"row;document;national_id", "1;a.pdf;" + kari}, "column-missing@1"},
		{"no column document", public(), []string{"row;title;national_id", "1;Avtale;" + kari}, "column-missing@1"},

		{"a doubled key", public(), []string{head, "7;Avtale;a.pdf;" + kari, "7;Avtale;b.pdf;" + ola}, "row-key-twice@A3"},
		{"a key that is a line number", public(), []string{head, "3;Avtale;a.pdf;" + kari, ";Avtale;b.pdf;" + ola}, "row-key-twice@A3"},

		{"order of one signer only", public(), []string{head + ";order;signer2_national_id;signer2_order", "1;Avtale;a.pdf;" + kari + ";1;" + ola + ";"}, "signer-order-missing@G2"},
		{"an order for nobody", public(), []string{head + ";signer2_national_id;signer2_order", "1;Avtale;a.pdf;" + kari + ";;2"}, "signer-unnamed@F2"},
		{"the same person twice", public(), []string{head + ";signer2_national_id", "1;Avtale;a.pdf;" + kari + ";" + kari}, "signer-twice@E2"},
		{"wrong addresses", public(), []string{head + ";email;mobile;notify", "1;Avtale;a.pdf;" + kari + ";kari@;12;given"}, "email@E2 mobile@F2"},
		{"nobody to notify, private", private, []string{head, "1;Avtale;a.pdf;" + kari}, "signer-not-notified@2"},
		{"nobody to notify, on behalf of another", public(), []string{head + ";on_behalf_of;email", "1;Avtale;a.pdf;" + kari + ";other;"}, "signer-not-notified@F2"},
		{"look-up, private", private, []string{head + ";notify", "1;Avtale;a.pdf;" + kari + ";lookup"}, "lookup-private@E2"},
		{"level 3, private", private, []string{head + ";email;sikkerhetsnivå", "1;Avtale;a.pdf;" + kari + ";kari@example.com;3"}, "authentication-private@F2"},

		{"days and a deadline", public(), []string{head + ";frist;available_days", "1;Avtale;a.pdf;" + kari + ";01.12.2026;14"}, "availability-twice@E2"},

		{"a private sender's row without address", broker, []string{head + ";sender", "1;Avtale;a.pdf;" + kari + ";984 661 185"}, "signer-not-notified@2"},

		{"the trace of a failed formula", public(), []string{head + ";Avdeling", "1;Avtale;#I/T;" + kari + ";#N/A"}, "cell-error@C2 cell-error@E2"},
		{"a cell under no header", public(), []string{head, "1;Avtale;a.pdf;" + kari + ";mer"}, "cell-without-header@E2"},
		{"empty cells under no header", public(), []string{head, "1;Avtale;a.pdf;" + kari + ";;"}, ""},
		{"a doubled column", public(), []string{head + ";Tittel", "1;Avtale;a.pdf;" + kari + ";Avtale"}, "column-twice@E1"},
		{"a doubled column of the owner's", public(), []string{head + ";Avdeling;avdeling", "1;Avtale;a.pdf;" + kari + ";x;y"}, "column-twice@F1"},
		{"a column that is nearly known", public(), []string{head + ";titel2;notfy", "1;Avtale;a.pdf;" + kari + ";x;given"}, "(column-nearly-known@F1)"},
		{"national numbers under a name of the owner's", public(), []string{head + ";Leder", "1;Avtale;a.pdf;" + kari + ";" + ola}, "column-of-national-ids@E1"},
		{"no rows", public(), []string{head, ";;;"}, "no-rows"},
	} {
		t.Run(c.what, func(t *testing.T) {
			r := csvOf(t, c.options, c.lines...)
			if r.err != nil {
				t.Fatal(r.err)
			}
			if got := r.findings(); got != c.want {
				t.Errorf("found %q, want %q", got, c.want)
			}
			for _, p := range r.problems {
				if p.File != "manifest.csv" || p.Message == "" || p.Remedy == "" {
					t.Errorf("%s lacks file, message or remedy", p.Code)
				}
				for _, personal := range []string{kari, ola, "17912099998", "31129956715", "kari@"} {
					if strings.Contains(p.Message+p.Remedy+p.Row, personal) {
						t.Errorf("%s shows a personal value", p.Code)
					}
				}
			}
		})
	}
}

func TestProblemReadsAsPromised(t *testing.T) {
	r := csvOf(t, public(), "row;title;national_id;document", "1042;Avtale;17912099998;a.pdf")
	const want = "manifest.csv, C2 (national_id): the check digits do not fit: a digit is mistyped\n" +
		"  → compare the number with its source; 11 digits are expected"
	if len(r.problems) != 1 || r.problems[0].String() != want || r.problems[0].Row != "1042" {
		t.Errorf("problems %v", r.problems)
	}
}

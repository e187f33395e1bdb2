package manifest

import (
	"strings"
	"testing"

	"batch/internal/mailout"
)

// Every finding about a row: the code and the cell that a person is sent to. In
// parentheses: a warning.
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

		{"a document that is not there", public(), []string{head, "1;Avtale;x.pdf;" + kari}, "document-missing@C2"},
		{"one of two documents that is not there", public(), []string{head, "1;Avtale;a.pdf + x.pdf;" + kari}, "document-missing@C2"},
		{"a path out of the folder", public(), []string{head, "1;Avtale;../a.pdf;" + kari}, "document-path@C2"},
		{"a path on a drive", public(), []string{head, `1;Avtale;C:\a.pdf;` + kari, `2;Avtale;\\server\a.pdf;` + ola}, "document-path@C2 document-path@C3"},
		{"a plus without a name behind it", public(), []string{head, "1;Avtale;a.pdf +;" + kari}, "document-path@C2"},
		{"a folder in place of a document", public(), []string{head, "1;Avtale;avtaler;" + kari}, "document-not-a-file@C2"},
		{"a title for a document that is not named", public(), []string{head + ";document2_title", "1;Avtale;a.pdf;" + kari + ";Vedlegg"}, "document-title-alone@E2"},
		{"no document", public(), []string{head, "1;Avtale;;" + kari}, "no-document@C2"},

		{"a mistyped digit", public(), []string{head, "1;Avtale;a.pdf;17912099998"}, "national-id-check-digits@D2"},
		{"a lost zero", public(), []string{head, "1;Avtale;a.pdf;" + liv[1:]}, "(national-id-zero-added@D2)"},
		{"a lost zero, and a mistyped digit", public(), []string{head, "1;Avtale;a.pdf;5840399896"}, "national-id-lost-zero@D2"},
		{"nine digits", public(), []string{head, "1;Avtale;a.pdf;584039989"}, "national-id-digits@D2"},
		{"a number in short form", public(), []string{head, "1;Avtale;a.pdf;1,7912E+10"}, "national-id-exponent@D2"},
		{"spaces and hyphens", public(), []string{head, "1;Avtale;a.pdf;179120 99997", "2;Avtale;a.pdf;298220-99635"}, "(national-id-tidied)"},
		{"a living person's number in a test", public(), []string{head, "1;Avtale;a.pdf;31129956715"}, "national-id-real@D2"},
		{"a listed test person", listed, []string{head, "1;Avtale;a.pdf;31129956715"}, ""},
		{"a synthetic number in production", production, []string{head, "1;Avtale;a.pdf;" + kari}, "national-id-synthetic@D2"},

		{"81 characters of title", public(), []string{head, "1;" + strings.Repeat("å", 81) + ";a.pdf;" + kari}, "title-too-long@B2"},
		{"80 characters of title", public(), []string{head, "1;" + strings.Repeat("å", 80) + ";a.pdf;" + kari}, ""},
		{"no title", public(), []string{head, "1;;a.pdf;" + kari}, "title-missing@B2"},
		{"a title of two lines", public(), []string{head, "1;\"Avtale\r\nog mer\";a.pdf;" + kari}, "line-break@B2"},
		{"a title that XML cannot carry", public(), []string{head, "1;Av\x02tale;a.pdf;" + kari}, "text-not-xml@B2"},
		{"no column title", public(), []string{"row;document;national_id", "1;a.pdf;" + kari}, "column-missing@1"},
		{"no column document", public(), []string{"row;title;national_id", "1;Avtale;" + kari}, "column-missing@1"},

		{"a doubled key", public(), []string{head, "7;Avtale;a.pdf;" + kari, "7;Avtale;b.pdf;" + ola}, "row-key-twice@A3"},
		{"a key that is a line number", public(), []string{head, "3;Avtale;a.pdf;" + kari, ";Avtale;b.pdf;" + ola}, "row-key-twice@A3"},
		{"a person's number as key", public(), []string{head, kari + ";Avtale;a.pdf;" + kari}, "row-key-personal@A2"},
		{"the template's example", public(), []string{head, "Eksempel;Avtale;a.pdf;" + kari}, "row-example@A2"},

		{"an unknown order", public(), []string{head + ";order", "1;Avtale;a.pdf;" + kari + ";først"}, "signer-order@E2"},
		{"order 10", public(), []string{head + ";order", "1;Avtale;a.pdf;" + kari + ";10"}, "signer-order@E2"},
		{"order of one signer only", public(), []string{head + ";order;signer2_national_id;signer2_order", "1;Avtale;a.pdf;" + kari + ";1;" + ola + ";"}, "signer-order-missing@G2"},
		{"an order for nobody", public(), []string{head + ";signer2_national_id;signer2_order", "1;Avtale;a.pdf;" + kari + ";;2"}, "signer-unnamed@F2"},
		{"nobody", public(), []string{head, "1;Avtale;a.pdf;"}, "no-signer@D2"},
		{"the same person twice", public(), []string{head + ";signer2_national_id", "1;Avtale;a.pdf;" + kari + ";" + kari}, "signer-twice@E2"},
		{"an unknown word", public(), []string{head + ";notify", "1;Avtale;a.pdf;" + kari + ";brev"}, "notify@E2"},
		{"wrong addresses", public(), []string{head + ";email;mobile;notify", "1;Avtale;a.pdf;" + kari + ";kari@;12;given"}, "email@E2 mobile@F2"},
		{"a number that takes no SMS", public(), []string{head + ";mobile;notify", "1;Avtale;a.pdf;" + kari + ";22123456;given"}, "(mobile-range@E2)"},
		{"an address that is not used", public(), []string{head + ";email", "1;Avtale;a.pdf;" + kari + ";kari@example.com"}, "(contact-not-used)"},
		{"nobody to notify, private", private, []string{head, "1;Avtale;a.pdf;" + kari}, "signer-not-notified@2"},
		{"nobody to notify, on behalf of another", public(), []string{head + ";on_behalf_of;email", "1;Avtale;a.pdf;" + kari + ";other;"}, "signer-not-notified@F2"},
		{"look-up, private", private, []string{head + ";notify", "1;Avtale;a.pdf;" + kari + ";lookup"}, "lookup-private@E2"},
		{"level 3, private", private, []string{head + ";email;sikkerhetsnivå", "1;Avtale;a.pdf;" + kari + ";kari@example.com;3"}, "authentication-private@F2"},

		{"an impossible date", public(), []string{head + ";activation_time", "1;Avtale;a.pdf;" + kari + ";31.11.2026"}, "date-ambiguous@E2"},
		{"a date of two-digit year", public(), []string{head + ";activation_time", "1;Avtale;a.pdf;" + kari + ";01.12.26"}, "date-ambiguous@E2"},
		{"a date with slashes", public(), []string{head + ";activation_time", "1;Avtale;a.pdf;" + kari + ";12/01/2026"}, "date-ambiguous@E2"},
		{"a word for a date", public(), []string{head + ";frist", "1;Avtale;a.pdf;" + kari + ";snart"}, "date@E2"},
		{"an activation that has passed", public(), []string{head + ";activation_time", "1;Avtale;a.pdf;" + kari + ";20.11.2026"}, "(activation-past@E2)"},
		{"a deadline that has passed", public(), []string{head + ";frist", "1;Avtale;a.pdf;" + kari + ";20.11.2026"}, "deadline-past@E2"},
		{"a deadline far away", public(), []string{head + ";frist", "1;Avtale;a.pdf;" + kari + ";20.11.2027"}, "deadline-too-late@E2"},
		{"days and a deadline", public(), []string{head + ";frist;available_days", "1;Avtale;a.pdf;" + kari + ";01.12.2026;14"}, "availability-twice@E2"},
		{"91 days", public(), []string{head + ";frist_dager", "1;Avtale;a.pdf;" + kari + ";91"}, "available-days@E2"},

		{"a sender that is not ours", broker, []string{head + ";sender", "1;Avtale;a.pdf;" + kari + ";974760673"}, "sender-unknown@E2"},
		{"a sender with a mistyped digit", broker, []string{head + ";sender", "1;Avtale;a.pdf;" + kari + ";974760674"}, "org-number-check-digit@E2"},
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

func TestNearlyRightFileName(t *testing.T) {
	r := csvOf(t, public(), "title;national_id;document", "Avtale;"+kari+";A.PDF")
	if len(r.problems) != 1 || !strings.Contains(r.problems[0].Remedy, `"a.pdf"`) {
		t.Errorf("problems %v", r.problems)
	}
}

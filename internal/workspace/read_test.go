package workspace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"batch/internal/mailout"
)

// smallest is the shortest batch.toml that holds.
const smallest = `[portal]
environment = "test"
polling_queue = "hr-avtaler"
[identity]
certificate = "virksomhet.p12"
[sender]
organization = "988015814"
kind = "public"
`

// read reads text as the batch.toml of a new folder, which is returned.
func read(t *testing.T, text string) (Config, string, error) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, fileName)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, err := readConfig(path)
	return c, dir, err
}

// sameZone compares time zones by name: a Location has no other identity.
var sameZone = cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })

func TestDefaultsAreFilledIn(t *testing.T) {
	got, dir, err := read(t, smallest)
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Portal.Environment, want.Portal.PollingQueue = "test", "hr-avtaler"
	want.Identity.Certificate = filepath.Join(dir, "virksomhet.p12")
	want.Sender = Sender{Organization: "988015814", Kind: mailout.Public}
	if diff := cmp.Diff(want, got, sameZone); diff != "" {
		t.Error(diff)
	}
	if got.Location.String() != "Europe/Oslo" || got.Portal.CallsPerSecond != 10 || got.Send.AbsentAfter != 30*time.Minute {
		t.Errorf("zone %s, %d calls a second, absent after %s", got.Location, got.Portal.CallsPerSecond, got.Send.AbsentAfter)
	}
}

func TestEveryKeyIsRead(t *testing.T) {
	got, dir, err := read(t, `
language = "nb"
time_zone = "Atlantic/Reykjavik"
group_by = "Saksnummer"
[portal]
environment = "custom"
url = "https://127.0.0.1:8443/api/"
trust = "pki/ca.pem"
server_organization = "991825827"
proxy = "http://proxy:8080"
polling_queue = "q"
calls_per_second = 50
pace = "per-sender"
[identity]
certificate = "/etc/batch/virksomhet.p12"
password_command = "pass show posten"
[sender]
organization = "988015814"
kind = "private"
[[senders]]
organization = "974760673"
kind = "public"
[[senders]]
organization = "983163327"
kind = "private"
polling_queue = "other"
[[senders]]
organizations = ["984661185", "991825827"]
kind = "private"
[documents]
folder = "pdf"
before = ["følgebrev.pdf"]
after = ["vedlegg/vilkår.pdf"]
as = "separate"
shared = ["vedlegg/vilkår.pdf"]
xades = true
[columns]
"Ansattnr" = "row"
"Nr. 3" = "-"
[values.order]
"Styremedlem" = "1"
"Styreleder" = 2
[values.varsling]
"SMS" = "lookup+sms"
[defaults]
title = "Arbeidsavtale for {Avdeling}"
document2 = "avtaler/{Ansattnr}.pdf"
document2_title = "Avtale"
available_days = 14
activation_time = 2026-12-24
frist = 2026-12-24T12:00:00+01:00
[defaults.signer1]
varsling = "lookup+sms"
[defaults.signer10]
order = 9
[[signers]]
national_id = "01819090013"
order = 2
[send]
hold = "1h30m"
absent_after = "1s"
[stop]
after_refused_in_a_row = 1
after_unknown_in_a_row = 3
unknown_total = 4
refused_share = 1
canary = 7
[ledger]
folder = "../books"
[test]
persons = ["01819090013"]
`)
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		Language: "nb", GroupBy: "Saksnummer",
		Portal: Portal{Environment: "custom", URL: "https://127.0.0.1:8443/api", Trust: filepath.Join(dir, "pki/ca.pem"), ServerOrganization: "991825827",
			Proxy: "http://proxy:8080", PollingQueue: "q", CallsPerSecond: 50, Pace: "per-sender"},
		Identity: Identity{Certificate: "/etc/batch/virksomhet.p12", PasswordCommand: "pass show posten"},
		Sender:   Sender{Organization: "988015814", Kind: mailout.Private},
		Senders: []Sender{{Organization: "974760673", Kind: mailout.Public, PollingQueue: "q"},
			{Organization: "983163327", Kind: mailout.Private, PollingQueue: "other"},
			{Organization: "984661185", Kind: mailout.Private, PollingQueue: "q"},
			{Organization: "991825827", Kind: mailout.Private, PollingQueue: "q"}},
		Documents: Documents{Folder: filepath.Join(dir, "pdf"), Before: []string{"følgebrev.pdf"}, After: []string{"vedlegg/vilkår.pdf"},
			As: "separate", Shared: []string{"vedlegg/vilkår.pdf"}, XAdES: true},
		Columns: map[string]string{"Ansattnr": "row", "Nr. 3": "-"},
		Values:  map[string]map[string]string{"order": {"Styremedlem": "1", "Styreleder": "2"}, "varsling": {"SMS": "lookup+sms"}},
		Defaults: Defaults{
			Job: map[string]string{"title": "Arbeidsavtale for {Avdeling}", "document2": "avtaler/{Ansattnr}.pdf", "document2_title": "Avtale",
				"available_days": "14", "activation_time": "2026-12-24", "frist": "2026-12-24T12:00:00+01:00"},
			Signers: map[int]map[string]string{1: {"varsling": "lookup+sms"}, 10: {"order": "9"}},
		},
		Signers: []map[string]string{{"national_id": "01819090013", "order": "2"}},
		Send:    Send{Hold: 90 * time.Minute, AbsentAfter: time.Second},
		Stop:    Stop{AfterRefusedInARow: 1, AfterUnknownInARow: 3, UnknownTotal: 4, RefusedShare: 1, Canary: 7},
		Ledger:  Ledger{Folder: filepath.Join(filepath.Dir(dir), "books")},
		Test:    Test{Persons: []string{"01819090013"}},
	}
	if diff := cmp.Diff(want, got, sameZone, cmpopts.IgnoreFields(Config{}, "Location")); diff != "" {
		t.Error(diff)
	}
	if got.Location.String() != "Atlantic/Reykjavik" {
		t.Errorf("the zone is %s", got.Location)
	}
}

// with puts a line behind the header of a table of smallest, or a new table behind it.
func with(table, line string) string {
	header := "[" + table + "]\n"
	if table == "" {
		return line + "\n" + smallest
	}
	if strings.Contains(smallest, header) {
		return strings.Replace(smallest, header, header+line+"\n", 1)
	}
	return smallest + header + line + "\n"
}

// without takes the line of a key out of smallest.
func without(key string) string {
	before, after, _ := strings.Cut(smallest, key+" = ")
	_, after, _ = strings.Cut(after, "\n")
	return before + after
}

// custom is smallest for a portal of one's own.
func custom(line string) string {
	return strings.Replace(with("portal", "url = \"https://localhost\"\ntrust = \"ca.pem\"\n"+line), `"test"`, `"custom"`, 1)
}

func TestFaults(t *testing.T) {
	const id = "01819090013"
	for _, c := range []struct{ name, text, want string }{
		{"an unknown key", with("portal", `polling_qeue = "x"`), "2:1 (portal.polling_qeue): there is no such setting → did you mean polling_queue?"},
		{"an unknown key unlike any", with("sender", `colour = "x"`), "7:1 (sender.colour): there is no such setting → take it out; known here: kind, organization"},
		{"an unknown table", with("portla", `url = "x"`), "9:2 (portla): there is no such setting → did you mean portal?"},
		{"another case", with("", `Language = "nb"`), "1:1 (Language): there is no such setting → did you mean language?"},
		{"a doubled key", with("portal", `environment = "test"`), "3:1: environment stands in the file twice → keep one"},
		{"a doubled table", with("ledger", "") + "[portal]\n", "11:2: portal stands in the file twice"},
		{"no TOML", with("", `language = nb`), "1:12: "},
		{"a Windows path in double quotes", with("identity", `password_file = "C:\certs\p"`), "5:20: invalid escape character U+0063 'c' → texts stand in quotes"},
		{"a number for a text", with("", `language = 3`), `1:1 (language): this must be text in quotes, like "this"`},
		{"a text for a number", with("portal", `calls_per_second = "9"`), "2:1 (portal.calls_per_second): this must be a whole number"},
		{"a text for a flag", with("documents", `xades = "yes"`), "10:1 (documents.xades): this must be true or false"},
		{"a text for a list", with("documents", `shared = "a.pdf"`), "10:1 (documents.shared): this must be a list of texts"},
		{"a number in a list", with("documents", `shared = ["a.pdf", 3]`), "10:1 (documents.shared): this must be a list of texts"},
		{"a value for a table", with("", `stop = 5`), "1:1 (stop): this must be a table, [stop]"},
		{"a table for an array of tables", with("senders", `kind = "public"`), "9:2 (senders): this must be an array of tables, [[senders]]"},
		{"an empty text", with("", `group_by = " "`), "1:1 (group_by): this is empty"},
		{"a zone", with("", `time_zone = "Oslo"`), "1:1 (time_zone): there is no such time zone"},
		{"the machine's zone", with("", `time_zone = "Local"`), "1:1 (time_zone): there is no such time zone"},
		{"a language", with("", `language = "nn"`), `1:1 (language): this is not one of the words it can be → write "en" or "nb"`},
		{"an environment", strings.Replace(smallest, `"test"`, `"prod"`, 1), `2:1 (portal.environment): this is not one of the words it can be → write "production" or "test" or "sandbox" or "custom"`},
		{"no environment", without("environment"), "1:2 (portal.environment): this setting is missing"},
		{"no queue", without("polling_queue"), "1:2 (portal.polling_queue): this setting is missing"},
		{"no organization", without("organization"), "6:2 (sender.organization): this setting is missing"},
		{"no identity at all", strings.Replace(without("certificate"), "[identity]\n", "", 1), "(identity.certificate): this setting is missing"},
		{"no kind", without("kind"), "6:2 (sender.kind): this setting is missing"},
		{"no certificate", without("certificate"), "4:2 (identity.certificate): this setting is missing"},
		{"a queue with a space", strings.Replace(smallest, "hr-avtaler", "hr avtaler", 1), "3:1 (portal.polling_queue): this is not a name for a queue"},
		{"a url at the real portal", with("portal", `url = "https://localhost"`), "2:1 (portal.url): this may be set only where environment is sandbox or custom"},
		{"trust at the real portal", with("portal", `trust = "ca.pem"`), "2:1 (portal.trust): this may be set only"},
		{"another server at the real portal", with("portal", `server_organization = "988015814"`), "2:1 (portal.server_organization): this may be set only"},
		{"custom without a url", strings.Replace(custom(""), `url = "https://localhost"`, "", 1), "1:2 (portal.url): this setting is missing"},
		{"custom without trust", strings.Replace(custom(""), `trust = "ca.pem"`, "", 1), "1:2 (portal.trust): this setting is missing"},
		{"plain http", strings.Replace(custom(""), "https:", "http:", 1), "2:1 (portal.url): this is not the address of a portal"},
		{"a password in the url", strings.Replace(custom(""), "https://", "https://me:secret@", 1), "2:1 (portal.url): this is not the address of a portal"},
		{"a proxy without a scheme", with("portal", `proxy = "proxy:8080"`), "2:1 (portal.proxy): this is not the address of a proxy"},
		{"eleven calls", with("portal", `calls_per_second = 11`), "2:1 (portal.calls_per_second): the portal allows at most 10"},
		{"no limit", with("portal", `calls_per_second = 0`), "2:1 (portal.calls_per_second): the portal allows at most 10"},
		{"less than none", custom(`calls_per_second = -1`), "4:1 (portal.calls_per_second): this number is out of its bounds"},
		{"two passwords", with("identity", "password_file = \"a\"\npassword_command = \"b\""), "6:1 (identity.password_command): there are two sources"},
		{"eight digits", strings.Replace(smallest, "988015814", "98801581", 1), "7:1 (sender.organization): this is not an organization number"},
		{"digits with a space", strings.Replace(smallest, "988015814", "988 01581", 1), "7:1 (sender.organization): this is not an organization number"},
		{"a kind", strings.Replace(smallest, "public", "state", 1), "8:1 (sender.kind): this is not one of the words"},
		{"a sender twice", smallest + "[[senders]]\norganization = \"974760673\"\nkind = \"public\"\n[[senders]]\norganization = \"974760673\"\nkind = \"public\"\n", "13:1 (senders[2].organization): 974760673 is named already"},
		{"the default sender again", smallest + "[[senders]]\norganization = \"988015814\"\nkind = \"public\"\n", "10:1 (senders[1].organization): 988015814 is named already"},
		{"a list of senders with one twice", smallest + "[[senders]]\norganizations = [\"974760673\", \"974760673\"]\nkind = \"public\"\n", "10:1 (senders[1].organizations): 974760673 is named already"},
		{"a list of senders with eight digits", smallest + "[[senders]]\norganizations = [\"974760673\", \"97476067\"]\nkind = \"public\"\n", "10:1 (senders[1].organizations): number 2 of these is not an organization number"},
		{"one sender and a list of them", smallest + "[[senders]]\norganization = \"974760673\"\norganizations = [\"984661185\"]\nkind = \"public\"\n", "11:1 (senders[1].organizations): organization is given here too"},
		{"a sender without a number", smallest + "[[senders]]\nkind = \"public\"\n", "9:3 (senders[1].organization): this setting is missing"},
		{"a sender without a kind", smallest + "[[senders]]\norganization = \"974760673\"\n", "9:3 (senders[1].kind): this setting is missing"},
		{"an unknown key inline", with("", `senders = [{organization = "974760673", kind = "public", colour = "x"}]`), "1:58 (senders[1].colour): there is no such setting"},
		{"a document outside", with("documents", `before = ["../a.pdf"]`), "10:1 (documents.before): one of these paths does not stay below"},
		{"an absolute document", with("documents", `after = ["/a.pdf"]`), "10:1 (documents.after): one of these paths does not stay below"},
		{"a document with a backslash", with("documents", `shared = ['a\b.pdf']`), "10:1 (documents.shared): one of these paths does not stay below"},
		{"a fraction for a default", with("defaults", `available_days = 1.5`), "10:1 (defaults.available_days): this must be text"},
		{"a word table that is none", with("values", `order = "2"`), "10:1 (values.order): this must be a table"},
		{"a list in a word table", with("values.order", `"Leder" = ["2"]`), "10:1 (values.order.Leder): this must be text"},
		{"signer 11", with("defaults.signer11", `order = 1`), "9:11 (defaults.signer11): there is no such setting"},
		{"a list for a default", with("defaults", `title = ["x"]`), "10:1 (defaults.title): this must be text"},
		{"eleven signers", smallest + strings.Repeat("[[signers]]\nnational_id = \""+id+"\"\n", 11), "29:3 (signers[11]): a job can have ten signers"},
		{"a column of a number", with("columns", `"Ansattnr" = 3`), "10:1 (columns.Ansattnr): this must be text"},
		{"a hold without a unit", with("send", `hold = "30"`), "10:1 (send.hold): this is not a length of time"},
		{"a negative hold", with("send", `hold = "-30m"`), "10:1 (send.hold): this is not a length of time"},
		{"absent too early", with("send", `absent_after = "29m59s"`), "10:1 (send.absent_after): this is less than 30 minutes"},
		{"no stop", with("stop", `unknown_total = 0`), "10:1 (stop.unknown_total): this number is out of its bounds"},
		{"a share of none", with("stop", `refused_share = 0.0`), "10:1 (stop.refused_share): this share is not above 0"},
		{"a share of more than all", with("stop", `refused_share = 5`), "10:1 (stop.refused_share): this share is not above 0"},
		{"a negative canary", with("stop", `canary = -1`), "10:1 (stop.canary): this number is out of its bounds"},
		{"ten digits of a person", with("test", `persons = ["0181909001"]`), "10:1 (test.persons): one of these is not eleven digits"},
		{"a column counted in characters", with("", `columns = {"Ærlig" = "row", "Ågot" = 3}`), "1:29 (columns.Ågot): this must be text"},
		{"a value to be filled in", strings.Replace(smallest, `"public"`, `"FILL IN: public or private"`, 1), "8:1 (sender.kind): this is still to be filled in"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, dir, err := read(t, c.text)
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if len(e.Faults) != 1 {
				t.Fatalf("got %d faults, want one:\n%v", len(e.Faults), e)
			}
			got := strings.TrimPrefix(strings.TrimPrefix(e.Message, filepath.Join(dir, fileName)), ":") + " → " + e.Remedy
			if got = strings.TrimSpace(got); !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if e.Remedy == "" || strings.Contains(e.Error(), id) || strings.Contains(e.Error(), "secret") {
				t.Errorf("a message without a remedy, or with a value that is nobody's business: %+v", e)
			}
		})
	}
}

func TestAllFaultsInOneGo(t *testing.T) {
	_, dir, err := read(t, `language = 3
[portal]
environment = "test"
polling_queue = "q"
calls_per_second = 11
[identity]
certificate = "c.p12"
[sender]
organization = "1"
kind = "public"
knid = "public"
`)
	path := filepath.Join(dir, fileName)
	want := fmt.Sprintf(`there are 4 mistakes in %[1]s
  %[1]s:1:1 (language): this must be text in quotes, like "this"
    → write it as in the example of batch.toml that `+"`batch init`"+` makes in a new folder
  %[1]s:5:1 (portal.calls_per_second): the portal allows at most 10 calls a second
    → write 1 to 10; more, or 0 for no limit, only in sandbox and custom
  %[1]s:9:1 (sender.organization): this is not an organization number
    → write its nine digits without spaces, in quotes
  %[1]s:11:1 (sender.knid): there is no such setting
    → did you mean kind?`, path)
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestSandboxNeedsNoQueue(t *testing.T) {
	text := strings.Replace(strings.Replace(custom(`calls_per_second = 0`), `"custom"`, `"sandbox"`, 1), "polling_queue = \"hr-avtaler\"\n", "", 1)
	c, _, err := read(t, text)
	if err != nil || c.Portal.PollingQueue != "" || c.Portal.CallsPerSecond != 0 {
		t.Errorf("got %+v, %v", c.Portal, err)
	}
}

func TestEditorsMarkIsNoMistake(t *testing.T) {
	if _, _, err := read(t, "\ufeff"+strings.ReplaceAll(smallest, "\n", "\r\n")); err != nil {
		t.Error(err)
	}
}

func TestNoSettings(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"UTF-16", "\xff\xfe[\x00p\x00", "is not text in UTF-8"},
		{"too large", strings.Repeat("#", maxSettings+1), "is larger than a megabyte"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := read(t, c.text)
			var e *Error
			if !errors.As(err, &e) || !strings.Contains(e.Message, c.want) || e.Remedy == "" {
				t.Errorf("got %v, want %q with a remedy", err, c.want)
			}
		})
	}
}

func FuzzSettings(f *testing.F) {
	f.Add(smallest)
	f.Add(templateSettings)
	f.Add(uncommented())
	f.Add("[[a]]\n[[a.b]]\nc = [{d = [1, {e = 2}]}]\n[a.b.f]\n")
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return // readSettings has refused it
		}
		_, _, err := parseConfig("/w/batch.toml", []byte(text))
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Message == "" || e.Remedy == "") {
			t.Errorf("%v is not an error with a remedy", err)
		}
	})
}

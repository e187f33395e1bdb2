package app

import (
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"batch/internal/identity/identitytest"
	"batch/internal/ledger"
	"batch/internal/portal"
)

// practice is a workspace with a portal of its own, for Doctor to look at.
type practice struct {
	t      *testing.T
	kit    *identitytest.Kit
	client *identitytest.Issued
	certs  []*x509.Certificate // in the file; empty: all of the client's
	server *identitytest.Issued
	answer http.HandlerFunc
	sender string
	source string // of the password, in batch.toml
	ask    func(string) (string, error)
	dir    string
}

const (
	doctorOrganization = "988015814"
	doctorPassword     = "blåbær på Ærøya" // letters that are two bytes in UTF-8, and others in UTF-16
)

func newPractice(t *testing.T) *practice {
	kit := identitytest.New(t, doctorOrganization, time.Now())
	return &practice{t: t, kit: kit, client: kit.Client, server: kit.Server, sender: doctorOrganization, source: `password_file = "p"`, dir: t.TempDir(),
		answer: func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "You are "+doctorOrganization) }}
}

// issue gives the client a certificate of its own.
func (p *practice) issue(spec identitytest.Spec) {
	p.client = p.kit.Issue(p.t, spec)
}

// findings starts the portal, writes the workspace, and examines it.
func (p *practice) findings() (all []Finding) {
	p.t.Helper()
	server := httptest.NewUnstartedServer(p.answer)
	server.TLS = p.kit.ServerConfigOf(p.server)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	p.t.Cleanup(server.Close)
	toml := fmt.Sprintf("[portal]\nenvironment = \"custom\"\nurl = \"%s/api\"\ntrust = \"ca.pem\"\npolling_queue = \"q\"\ncalls_per_second = 0\n"+
		"[identity]\ncertificate = \"client.p12\"\n%s\n[sender]\norganization = \"%s\"\nkind = \"public\"\n", server.URL, p.source, p.sender)
	for name, content := range map[string][]byte{
		"batch.toml": []byte(toml), "ca.pem": p.kit.PEM, "client.p12": p.client.PKCS12(p.t, doctorPassword, p.certs...), "p": []byte("\ufeff" + doctorPassword + "\r\nuser: kari\r\n"),
	} {
		must(p.t, os.WriteFile(filepath.Join(p.dir, name), content, 0o600))
	}
	before := names(p.t, p.dir)
	Doctor(p.t.Context(), Options{Dir: p.dir, Password: p.ask}, func(f Finding) { all = append(all, f) })
	if after := names(p.t, p.dir); !slices.Equal(before, after) {
		p.t.Errorf("there was %v, and now is %v", before, after)
	}
	return all
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// told writes findings as "clock problem clock-wrong".
func told(all []Finding) (lines []string) {
	for _, f := range all {
		lines = append(lines, fmt.Sprintf("%s %s %s", f.Check, f.Severity, f.Code))
	}
	return lines
}

// found is the finding that was told so.
func found(t *testing.T, all []Finding, line string) Finding {
	t.Helper()
	at := slices.Index(told(all), line)
	if at < 0 {
		t.Errorf("not told: %s; told was\n%s", line, strings.Join(told(all), "\n"))
		return Finding{}
	}
	return all[at]
}

func TestDoctorFindsAllWell(t *testing.T) {
	all := newPractice(t).findings()
	want := []string{
		"settings ok settings", "password ok password",
		"certificate ok certificate-owner", "certificate ok certificate-dates", "certificate ok certificate-usage", "certificate ok certificate-chain",
		"lock ok lock", "ledger ok ledger-folder", "ledger ok ledger-none", "disk ok disk", "proxy ok proxy-none",
		"portal ok portal", "authorization ok authorized", "clock ok clock",
	}
	if got := told(all); !slices.Equal(got, want) {
		t.Errorf("told was\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Each kind of trouble: how it is told, what it means for the exit code, and words that
// help.
func TestDoctorFindsTrouble(t *testing.T) {
	now := time.Now()
	said := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }
	}
	failing := func(status int, header, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(header, "x")
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	const xml = `<error xmlns="http://signering.posten.no/schema/v1"><error-code>%s</error-code><error-message>no</error-message><error-type>CLIENT</error-type></error>`
	at := func(ahead time.Duration) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
			fmt.Fprint(w, "You are "+doctorOrganization)
		}
	}
	for name, c := range map[string]struct {
		ill  func(p *practice)
		line string
		kind Kind
		says string
	}{
		"ends soon": {func(p *practice) {
			p.issue(identitytest.Spec{Organization: doctorOrganization, NotAfter: now.AddDate(0, 0, 20)})
		}, "certificate warning certificate-ends-soon", "", "days left"},
		"expired": {func(p *practice) {
			p.issue(identitytest.Spec{Organization: doctorOrganization, NotBefore: now.AddDate(-1, 0, 0), NotAfter: now.Add(-time.Hour)})
		}, "certificate problem certificate-expired", KindIdentity, "expired on"},
		"for seals": {func(p *practice) {
			p.issue(identitytest.Spec{Organization: doctorOrganization, KeyUsage: x509.KeyUsageContentCommitment})
		}, "certificate problem wrong-key-usage", KindIdentity, "contentCommitment"},
		"a person's":       {func(p *practice) { p.issue(identitytest.Spec{Subject: identitytest.Employee(doctorOrganization)}) }, "certificate problem person-certificate", KindIdentity, "a person's"},
		"older generation": {func(p *practice) { p.issue(identitytest.Spec{Subject: identitytest.SEID1(doctorOrganization)}) }, "certificate ok certificate-owner", "", "SEID 1"},
		"without root":     {func(p *practice) { p.certs = p.client.Chain[:2] }, "certificate ok certificate-chain", "", "completed with one certificate"},
		"without chain":    {func(p *practice) { p.certs = p.client.Chain[:1] }, "certificate problem chain-missing", KindIdentity, "neither in the file"},
		"a broker's":       {func(p *practice) { p.sender = "991825827" }, "certificate warning certificate-of-broker", "", "must have made 988015814 its broker"},
		"no rights":        {func(p *practice) { p.answer = failing(403, "X", fmt.Sprintf(xml, "NOT_AUTHORIZED")) }, "authorization problem not-authorized", KindIdentity, "NOT_AUTHORIZED"},
		"no broker's rights": {func(p *practice) {
			p.sender, p.answer = "991825827", failing(403, "X", fmt.Sprintf(xml, "BROKER_NOT_AUTHORIZED"))
		}, "authorization problem not-authorized", KindIdentity, "991825827"},
		"taken for another": {func(p *practice) { p.answer = said("You are 974720760") }, "authorization problem another-organization", KindIdentity, "974720760"},
		"clock behind":      {func(p *practice) { p.answer = at(time.Minute) }, "clock problem clock-wrong", KindUsage, "behind the portal's"},
		"clock ahead":       {func(p *practice) { p.answer = at(-time.Hour) }, "clock problem clock-wrong", KindUsage, "about 1h0m0s ahead"},
		"blocked":           {func(p *practice) { p.answer = failing(429, "DoSFilter", "") }, "portal problem blocked", KindAway, "30 seconds"},
		"out of order":      {func(p *practice) { p.answer = failing(503, "X", "<html>") }, "portal problem server-error", KindAway, "503"},
		"a login page":      {func(p *practice) { p.answer = said("<html>Log in</html>") }, "portal problem unreadable-answer", KindAway, "not what it should"},
		"wrong server":      {func(p *practice) { p.server = p.client }, "portal problem wrong-server-organization", KindIdentity, "nothing was sent|belongs to organization 988015814"},
		"web server": {func(p *practice) {
			p.server = p.kit.Issue(p.t, identitytest.Spec{Subject: identitytest.SEID1(""), DNSNames: []string{"localhost"}})
		}, "portal problem wrong-server-host", KindIdentity, "web server's certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPractice(t)
			c.ill(p)
			f := found(t, p.findings(), c.line)
			for says := range strings.SplitSeq(c.says, "|") {
				if !strings.Contains(f.Message+f.Remedy, says) {
					t.Errorf("it says %q → %q, want %q", f.Message, f.Remedy, says)
				}
			}
			if f.Kind != c.kind || (f.Severity != Fine) != (f.Remedy != "") {
				t.Errorf("it is of kind %q with the remedy %q", f.Kind, f.Remedy)
			}
		})
	}
}

// A password comes through every source as it is, whatever stands around it there.
func TestDoctorOpensTheCertificateFromEverySource(t *testing.T) {
	for name, c := range map[string]struct {
		source, variable string
		ask              func(string) (string, error)
		says             string
	}{
		"file":     {source: `password_file = "p"`, says: "the first line of p;"},
		"command":  {source: `password_command = "cat p; head -c 100000 /dev/zero"`, says: "what password_command prints;"},
		"variable": {variable: "\ufeff" + doctorPassword + "\r\n", says: "in BATCH_CERTIFICATE_PASSWORD;"},
		"prompt":   {ask: func(string) (string, error) { return doctorPassword, nil }, says: "typed;"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("BATCH_CERTIFICATE_PASSWORD", c.variable) // put back afterwards
			if c.variable == "" {
				os.Unsetenv("BATCH_CERTIFICATE_PASSWORD")
			}
			p := newPractice(t)
			p.source, p.ask = c.source, c.ask
			if f := found(t, p.findings(), "password ok password"); f.Message != c.says+" it opens the certificate" {
				t.Errorf("it says %q", f.Message)
			}
		})
	}
}

// What stands in the way of a check is told in its place.
func TestDoctorSaysWhatItCouldNotCheck(t *testing.T) {
	p := newPractice(t)
	p.issue(identitytest.Spec{Organization: doctorOrganization, KeyUsage: x509.KeyUsageContentCommitment, NotBefore: time.Now().AddDate(-2, 0, 0), NotAfter: time.Now().AddDate(-1, 0, 0)})
	all := p.findings()
	for _, line := range []string{"certificate problem certificate-expired", "certificate problem wrong-key-usage", "certificate ok certificate-owner", "certificate ok certificate-chain",
		"disk ok disk", "portal warning not-checked", "authorization warning not-checked", "clock warning not-checked"} {
		found(t, all, line)
	}
}

func TestClockIsJudgedByItsSpan(t *testing.T) {
	known := func(least, most time.Duration) portal.Clock {
		return portal.Clock{Known: true, Least: least, Most: most}
	}
	for _, c := range []struct {
		clock portal.Clock
		want  string
	}{
		{known(-time.Second, time.Second), "clock ok clock"},
		{known(-2*time.Second, 2*time.Second), "clock ok clock"},
		{known(-time.Second, 2100*time.Millisecond), "clock warning clock-unclear"},
		{known(-9*time.Second, time.Second), "clock warning clock-unclear"},
		{known(2001*time.Millisecond, 3*time.Second), "clock problem clock-wrong"},
		{known(-3*time.Second, -2001*time.Millisecond), "clock problem clock-wrong"},
		{portal.Clock{}, "clock warning not-checked"},
	} {
		var all []Finding
		(&doctor{tell: func(f Finding) { all = append(all, f) }}).clock(c.clock)
		found(t, all, c.want)
	}
	// Two answers tell more than one; a clock that was set in between is what it is now.
	if got := narrower(known(-3*time.Second, time.Second), known(-time.Second, 3*time.Second)); got != known(-time.Second, time.Second) {
		t.Errorf("together they tell %+v", got)
	}
	if got := narrower(known(-time.Second, 0), known(time.Hour, 2*time.Hour)); got != known(time.Hour, 2*time.Hour) {
		t.Errorf("after it was set: %+v", got)
	}
}

// A portal that refuses us tells its time all the same.
func TestDoctorTakesTheTimeOfEveryAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		ahead  time.Duration
		want   string
	}{
		"refused":               {http.StatusForbidden, 0, "clock ok clock"},
		"refused, an hour off":  {http.StatusForbidden, time.Hour, "clock problem clock-wrong"},
		"out of order":          {http.StatusServiceUnavailable, 0, "clock ok clock"},
		"taken for another one": {http.StatusOK, 0, "clock ok clock"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPractice(t)
			p.answer = func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", time.Now().Add(c.ahead).UTC().Format(http.TimeFormat))
				w.WriteHeader(c.status)
				fmt.Fprint(w, `<error xmlns="http://signering.posten.no/schema/v1"><error-code>NOT_AUTHORIZED</error-code><error-message>no</error-message><error-type>CLIENT</error-type></error>`)
			}
			found(t, p.findings(), c.want)
		})
	}
}

// A block that an earlier process ran into is waited for, and said.
func TestDoctorKeepsThePaceOfThoseBefore(t *testing.T) {
	p := newPractice(t)
	l, err := ledger.Open(t.Context(), ledger.Options{Path: filepath.Join(p.dir, "ledger.db"), SentLog: filepath.Join(p.dir, "sent.log")})
	must(t, err)
	must(t, l.SavePace(t.Context(), "silence/*", time.Now().Add(2*time.Second)))
	must(t, l.Close())
	must(t, os.WriteFile(filepath.Join(p.dir, "ledger.lock"), nil, 0o600)) // as an earlier process leaves it
	all := p.findings()
	found(t, all, "portal ok waiting")
	found(t, all, "portal ok portal")
}

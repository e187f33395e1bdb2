package workspace

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"batch/internal/mailout"
)

func portal(t *table, p *Portal, dir string) {
	defer t.close()
	t.choice("environment", &p.Environment, "production", "test", "sandbox", "custom")
	t.required("environment", `write environment = "test", or "production" once all is tried, below [portal]`)
	t.root("url", &p.URL)
	t.file("trust", &p.Trust, dir)
	t.organization("server_organization", &p.ServerOrganization)
	t.proxy("proxy", &p.Proxy)
	t.queue("polling_queue", &p.PollingQueue)
	t.speed("calls_per_second", p)
	t.choice("pace", &p.Pace, "per-certificate", "per-sender")
	if p.Environment == "" {
		return // one mistake; what else may be said depends on it
	}
	if p.Environment != "sandbox" {
		t.required("polling_queue", `write polling_queue = "batch-`+mailout.NewWorkspaceID()+`" below [portal], and never change it: other software must not take this workspace's answers`)
	}
	t.ownPortal(p)
}

// ownPortal checks what only a portal that is not Posten's own has, and needs.
func (t *table) ownPortal(p *Portal) {
	for _, key := range []string{"url", "trust", "server_organization"} {
		if _, there := t.values[key]; there && !p.lenient() {
			t.fault(key, "this may be set only where environment is sandbox or custom", "take it out: the real portal's is built in")
		}
	}
	if p.lenient() {
		t.required("url", `write the service root, like url = "https://127.0.0.1:8443/api"`)
		t.required("trust", `name the PEM file with the certificates to trust, like trust = "ca.pem"`)
	}
}

// root reads the address of a service root.
func (t *table) root(key string, into *string) {
	var v string
	if !t.text(key, &v) {
		return
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || strings.ContainsAny(v, "?#") {
		t.fault(key, "this is not the address of a portal", `write it like "https://127.0.0.1:8443/api": https, without name, password, ? and #`)
		return
	}
	*into = strings.TrimRight(v, "/")
}

func (t *table) proxy(key string, into *string) {
	var v string
	if !t.text(key, &v) {
		return
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" || u.Hostname() == "" {
		t.fault(key, "this is not the address of a proxy", `write it like "http://proxy:8080"`)
		return
	}
	*into = v
}

var queueName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,50}$`)

// queue reads the name of a polling queue. The portal takes any text (portal.xsd); ours
// go into a URL and into the ledger, and are plain.
func (t *table) queue(key string, into *string) {
	var v string
	if !t.text(key, &v) {
		return
	}
	if !queueName.MatchString(v) {
		t.fault(key, "this is not a name for a queue", "write up to 50 of the letters a–z, digits, dots, hyphens and underscores")
		return
	}
	*into = v
}

// speed reads calls_per_second: the portal blocks who makes more than ten (portal-api.md).
func (t *table) speed(key string, p *Portal) {
	var n int
	if !t.whole(key, &n, 0) {
		return
	}
	if !p.lenient() && (n < 1 || n > 10) {
		t.fault(key, "the portal allows at most 10 calls a second", "write 1 to 10; more, or 0 for no limit, only in sandbox and custom")
		return
	}
	p.CallsPerSecond = n
}

func identity(t *table, i *Identity, dir string) {
	defer t.close()
	t.file("certificate", &i.Certificate, dir)
	t.required("certificate", `name the organization's certificate, like certificate = "virksomhet.p12", below [identity]`)
	file := t.file("password_file", &i.PasswordFile, dir)
	if t.text("password_command", &i.PasswordCommand) && file {
		t.fault("password_command", "there are two sources for the password", "keep one of password_file and password_command")
	}
}

func sender(t *table, s *Sender) {
	defer t.close()
	t.organization("organization", &s.Organization)
	t.required("organization", `write your nine digits, like organization = "988015814", below [sender]`)
	t.kind(s)
}

func (t *table) kind(s *Sender) {
	var v string
	if t.choice("kind", &v, string(mailout.Public), string(mailout.Private)) {
		s.Kind = mailout.SenderKind(v)
	}
	t.required("kind", `write kind = "public" or kind = "private": what may be combined differs`)
}

// senders reads the organizations a broker sends for: one in a table, or several that
// have all else in common.
func senders(tables []*table, c *Config) {
	seen := []mailout.OrgNumber{c.Sender.Organization}
	for _, t := range tables {
		s := Sender{PollingQueue: c.Portal.PollingQueue}
		key, organizations := t.organizations()
		t.kind(&s)
		t.queue("polling_queue", &s.PollingQueue)
		t.close()
		for _, s.Organization = range organizations {
			if slices.Contains(seen, s.Organization) {
				t.fault(key, string(s.Organization)+" is named already, in [sender] or under [[senders]]", "keep one of them")
			}
			seen = append(seen, s.Organization)
			c.Senders = append(c.Senders, s)
		}
	}
}

// organizations reads the one or the several organizations of a table, and says which
// key they stand under.
func (t *table) organizations() (key string, all []mailout.OrgNumber) {
	var one mailout.OrgNumber
	if t.organization("organization", &one) {
		all = append(all, one)
	}
	var several []string
	if !t.list("organizations", &several) {
		if _, there := t.values["organizations"]; !there {
			t.required("organization", `write the nine digits of the organization sent for, or several: organizations = ["…", "…"]`)
		}
		return "organization", all
	}
	if _, both := t.values["organization"]; both {
		t.fault("organizations", "organization is given here too", "keep one of the two; a list takes them all")
	}
	if len(several) == 0 {
		t.fault("organizations", "this names no organization", "write the nine digits of each, in quotes, or take the table out")
	}
	for i, v := range several {
		if !isOrganization(v) {
			t.fault("organizations", "number "+strconv.Itoa(i+1)+" of these is not an organization number", "write the nine digits of each without spaces, in quotes")
			continue
		}
		all = append(all, mailout.OrgNumber(v))
	}
	return "organizations", all
}

func documents(t *table, d *Documents, dir string) {
	defer t.close()
	t.file("folder", &d.Folder, dir)
	t.below("before", &d.Before)
	t.below("after", &d.After)
	t.below("shared", &d.Shared)
	t.choice("as", &d.As, "merge", "separate")
	t.flag("xades", &d.XAdES)
}

func send(t *table, s *Send, p Portal) {
	defer t.close()
	t.duration("hold", &s.Hold)
	if t.duration("absent_after", &s.AbsentAfter) && s.AbsentAfter < minAbsentAfter && !p.lenient() {
		t.fault("absent_after", "this is less than 30 minutes: a job could still be on its way", `write "30m" or more; less only in sandbox and custom`)
	}
}

func stop(t *table, s *Stop) {
	defer t.close()
	t.whole("after_refused_in_a_row", &s.AfterRefusedInARow, 1)
	t.whole("after_unknown_in_a_row", &s.AfterUnknownInARow, 1)
	t.whole("unknown_total", &s.UnknownTotal, 1)
	t.share("refused_share", &s.RefusedShare)
	t.whole("canary", &s.Canary, 0)
}

func ledger(t *table, l *Ledger, dir string) {
	defer t.close()
	t.file("folder", &l.Folder, dir)
}

var elevenDigits = regexp.MustCompile(`^[0-9]{11}$`)

func persons(t *table, test *Test) {
	defer t.close()
	wrong := func(s string) bool { return !elevenDigits.MatchString(s) }
	if t.list("persons", &test.Persons) && slices.ContainsFunc(test.Persons, wrong) {
		t.fault("persons", "one of these is not eleven digits", `write national numbers without spaces, each in quotes`)
	}
}

// zone reads the name of a time zone.
func (t *table) zone(key string, into **time.Location) {
	var v string
	if !t.text(key, &v) {
		return
	}
	zone, err := time.LoadLocation(v)
	if err != nil || v == "Local" { // Local is another one on every machine
		t.fault(key, "there is no such time zone", `write it like "Europe/Oslo"`)
		return
	}
	*into = zone
}

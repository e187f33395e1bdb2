package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"time"

	"batch/internal/mailout"
	"batch/internal/portal"
)

// proxyTime is how long a proxy may take to answer the telephone.
const proxyTime = 5 * time.Second

// proxy looks whether the proxy in batch.toml is there. No other is ever used.
func (d *doctor) proxy(ctx context.Context) {
	address := d.ws.Config.Portal.Proxy
	if address == "" {
		d.noProxy()
		return
	}
	u, err := url.Parse(address)
	if err != nil {
		d.bad(KindUsage, CheckProxy, "proxy", `write it like proxy = "http://proxy:8080" in [portal] of batch.toml`, "the proxy's address cannot be read")
		return
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080"}[u.Scheme]
	}
	dialer := net.Dialer{Timeout: proxyTime}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		d.bad(KindAway, CheckProxy, "proxy-away", "ask those who run the network for the proxy's address, and correct proxy in [portal] of batch.toml, or take it out",
			"the proxy %s cannot be reached: %s", u.Host, dialCause(err))
		return
	}
	conn.Close()
	d.fine(CheckProxy, "proxy", "calls go through %s, which is there", u.Host)
}

// dialCause leaves out the address, which the message has already.
func dialCause(err error) string {
	var oe *net.OpError
	if errors.As(err, &oe) {
		return oe.Err.Error()
	}
	return err.Error()
}

// noProxy tells a person who set a proxy for other programs that it is not used.
func (d *doctor) noProxy() {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"} {
		if os.Getenv(name) != "" {
			d.fine(CheckProxy, "proxy-in-environment", "none is used; if the portal cannot be reached, set proxy in [portal] of batch.toml: the variable %s is not looked at", name)
			return
		}
	}
	d.fine(CheckProxy, "proxy-none", "none is set")
}

// needCalls are the checks that the portal's answers are needed for.
var needCalls = []Check{CheckPortal, CheckAuthorization, CheckClock}

// noCalls says why the portal must not be called, or cannot be; "" where it can.
func (d *doctor) noCalls() (why, remedy string) {
	switch {
	case d.held != nil:
		return "another process speaks to the portal, and together the calls could be too many", remedyHeld
	case !d.alone:
		return "the lock has to be put right first", remedyUnchecked
	case d.id == nil:
		return "the certificate has to be put right first", remedyUnchecked
	}
	return "", ""
}

// calls asks the portal's root for each sender: one call each, at the workspace's pace.
func (d *doctor) calls(ctx context.Context) {
	if why, remedy := d.noCalls(); why != "" {
		for _, check := range needCalls {
			d.warn(check, NotChecked, remedy, "not checked: %s", why)
		}
		return
	}
	client, err := d.client(d.id, d.trust)
	if err != nil {
		d.bad(KindUsage, CheckPortal, "portal-address", "see [portal] in batch.toml", "%v", err)
		d.unchecked(CheckAuthorization, "the portal's address has to be put right first")
		d.unchecked(CheckClock, "only the portal's answer tells its time")
		return
	}
	defer client.Close()
	pacer, err := d.pacer(ctx)
	if err != nil {
		d.failed(CheckPortal, err)
		return
	}
	defer pacer.Close() // an end that could not be kept costs the next process half a minute
	if until, why := pacer.Waiting(); why != "" {
		d.fine(CheckPortal, "waiting", "%s", waiting(until.In(d.Zone()), why))
	}
	d.ask(ctx, &speaker{client: client, pace: pacer, log: d.o.Log})
}

// ask asks for every sender, until the portal itself is the trouble.
func (d *doctor) ask(ctx context.Context, s *speaker) {
	var clock portal.Clock
	trusted := false
	for _, sender := range d.everySender(ctx) {
		greeting, err := s.ask(ctx, sender)
		clock = narrower(clock, greeting.Clock)
		var ce *mailout.CallError
		aboutSender := errors.As(err, &ce) && ce.Fatal && ce.Status > 0
		if err != nil && !aboutSender {
			d.failed(CheckPortal, err)
			d.unchecked(CheckAuthorization, fmt.Sprintf("the portal did not say for %s whom it takes us for", sender))
			break
		}
		if !trusted {
			trusted = true
			d.fine(CheckPortal, "portal", "it answers; its certificate is that of organization %s, and trusted", d.trust.Organization)
		}
		if aboutSender {
			d.unauthorized(sender, ce)
			continue
		}
		d.authorized(sender, greeting.Text)
	}
	d.clock(clock)
}

// everySender is those of batch.toml, and those of approved batches that only a manifest
// names.
func (d *doctor) everySender(ctx context.Context) []mailout.OrgNumber {
	all := d.senders()
	if d.ledger == nil {
		return all
	}
	more, err := d.ledger.Senders(ctx)
	if err != nil {
		d.failed(CheckLedger, err)
	}
	for _, sender := range more {
		if !slices.Contains(all, sender) {
			all = append(all, sender)
		}
	}
	return all
}

// youAre is whom the portal takes us for (portal-api.md, "Transport security").
var youAre = regexp.MustCompile(`^You are (\d{9})\b`)

func (d *doctor) authorized(sender mailout.OrgNumber, answer string) {
	if found := youAre.FindStringSubmatch(answer); found == nil || found[1] != d.id.Organization {
		d.bad(KindIdentity, CheckAuthorization, "another-organization", "ask Posten which organization this certificate is registered for",
			"for sender %s the portal answers %q, but the certificate belongs to %s", sender, answer, d.id.Organization)
		return
	}
	d.fine(CheckAuthorization, "authorized", "for sender %s the portal answers %q", sender, answer)
}

func (d *doctor) unauthorized(sender mailout.OrgNumber, ce *mailout.CallError) {
	remedy := fmt.Sprintf("ask Posten to give %s access to the portal's API with this certificate", sender)
	if string(sender) != d.id.Organization {
		remedy = fmt.Sprintf("%s must have made %s its broker at the portal: ask both Posten and them; or correct the sender's number in batch.toml", sender, d.id.Organization)
	}
	d.bad(KindIdentity, CheckAuthorization, "not-authorized", remedy, "sender %s: %s", sender, ce.Message)
}

// mostOff is how far this machine's clock may be from the portal's: bundles must be
// signed within five seconds of its time (portal-api.md), and calls take some.
const mostOff = 2 * time.Second

// narrower is what two answers tell together.
func narrower(a, b portal.Clock) portal.Clock {
	switch {
	case !a.Known:
		return b
	case !b.Known:
		return a
	}
	both := portal.Clock{Known: true, Least: max(a.Least, b.Least), Most: min(a.Most, b.Most)}
	if both.Least > both.Most { // it was set in between
		return b
	}
	return both
}

// clock compares this machine's clock with the portal's.
func (d *doctor) clock(c portal.Clock) {
	const remedy = "let a time server set it (Linux: timedatectl set-ntp true; Windows: Settings, Time, Sync now): the portal takes no bundle that is signed five seconds off"
	switch {
	case !c.Known:
		d.unchecked(CheckClock, "no answer of the portal told its time")
	case c.Least > mostOff:
		d.bad(KindUsage, CheckClock, "clock-wrong", remedy, "this machine's clock is %s behind the portal's", rough(c))
	case c.Most < -mostOff:
		d.bad(KindUsage, CheckClock, "clock-wrong", remedy, "this machine's clock is %s ahead of the portal's", rough(c))
	case c.Least < -mostOff || c.Most > mostOff:
		d.warn(CheckClock, "clock-unclear", "run `batch doctor` again; if it stays so, see to the network and let a time server set the clock",
			"whether this machine's clock is right cannot be told: the portal took %s to answer", (c.Most - c.Least - time.Second).Round(100*time.Millisecond))
	default:
		d.fine(CheckClock, "clock", "right: within %d seconds of the portal's", mostOff/time.Second)
	}
}

// rough is the middle of a clock's span, for a person.
func rough(c portal.Clock) string {
	off := ((c.Least + c.Most) / 2).Abs()
	if off < 2*time.Minute {
		return fmt.Sprintf("about %d seconds", off.Round(time.Second)/time.Second)
	}
	return "about " + off.Round(time.Minute).String()
}

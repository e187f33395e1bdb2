package app

import (
	"context"
	"crypto/rsa"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"batch/internal/identity"
	"batch/internal/workspace"
)

// endsSoon is how long before its end a certificate is warned about: a new one takes weeks to
// order, and jobs have thirty days to be signed in unless it is said otherwise.
const endsSoon = 60 * 24 * time.Hour

// identity looks at whom we trust, at the password, and at all there is to say about the
// certificate.
func (d *doctor) identity(ctx context.Context) {
	trust, err := d.App.trust()
	if err != nil {
		d.failed(CheckCertificate, err)
		d.unchecked(CheckPassword, "whom to trust has to be known first")
		return
	}
	d.trust = trust
	password, err := d.ws.Password(ctx, d.o.Password)
	if err != nil {
		d.failed(CheckPassword, err)
		d.unchecked(CheckCertificate, "it cannot be opened without its password")
		return
	}
	found := identity.Examine(d.ws.Config.Identity.Certificate, password, trust, d.local())
	d.password(found)
	d.certificate(found)
	d.id = found.Identity
}

// password tells where the password comes from, and whether it is the right one.
func (d *doctor) password(found identity.Examined) {
	from := map[workspace.PasswordSource]string{
		workspace.FromFile:     "the first line of " + filepath.Base(d.ws.Config.Identity.PasswordFile),
		workspace.FromCommand:  "what password_command prints",
		workspace.FromVariable: "in " + string(workspace.FromVariable),
		workspace.FromPrompt:   "typed",
	}[d.ws.PasswordSource()]
	switch {
	case found.Leaf != nil:
		d.fine(CheckPassword, "password", "%s; it opens the certificate", from)
	case aboutPassword(found.Wrong[0]):
		d.bad(KindIdentity, CheckPassword, found.Wrong[0].Code, found.Wrong[0].Remedy, "%s (%s)", found.Wrong[0].Message, from)
	default:
		d.fine(CheckPassword, "password", "%s; nothing to try it on", from)
	}
}

func aboutPassword(e *identity.Error) bool {
	return e.Code == "wrong-password" || e.Code == "no-password"
}

// certificate tells what the certificate is and all that is wrong with it.
func (d *doctor) certificate(found identity.Examined) {
	if found.Leaf == nil && aboutPassword(found.Wrong[0]) {
		d.unchecked(CheckCertificate, "it cannot be opened without its password")
		return
	}
	for _, e := range found.Wrong {
		d.failed(CheckCertificate, e)
	}
	if found.Leaf == nil {
		return
	}
	wrong := func(codes ...string) bool {
		return slices.ContainsFunc(found.Wrong, func(e *identity.Error) bool { return slices.Contains(codes, e.Code) })
	}
	if !wrong("person-certificate", "host-certificate", "no-organization") {
		d.owner(found)
	}
	if !wrong("certificate-expired", "certificate-not-yet-valid") {
		d.dates(found)
	}
	if !wrong("wrong-key-usage") {
		d.fine(CheckCertificate, "certificate-usage", "may be used for %s", identity.Usages(found.Leaf))
	}
	if found.Chain != nil {
		d.chain(found)
	}
}

// owner tells whose certificate it is, and whether that is the sender.
func (d *doctor) owner(found identity.Examined) {
	kind, size := identity.Generation(found.Leaf), ""
	if kind == "" {
		kind = "of no SEID profile"
	}
	if key, ok := found.Leaf.PublicKey.(*rsa.PublicKey); ok {
		size = fmt.Sprintf("; its RSA key of %d bits fits", key.N.BitLen())
	}
	owner := identity.OrganizationOf(found.Leaf)
	d.fine(CheckCertificate, "certificate-owner", "%s: organization %s, %s, issued by %s%s",
		filepath.Base(d.ws.Config.Identity.Certificate), owner, kind, identity.IssuerOf(found.Leaf), size)
	if sender := d.ws.Config.Sender.Organization; owner != string(sender) {
		d.warn(CheckCertificate, "certificate-of-broker", "right for a broker; otherwise correct organization in [sender], or use the sender's own certificate",
			"belongs to %s, and [sender] in batch.toml is %s: that must have made %[1]s its broker", owner, sender)
	}
}

// dates tells how long the certificate is good for.
func (d *doctor) dates(found identity.Examined) {
	end := found.Expires()
	left := end.Sub(d.now())
	valid := fmt.Sprintf("valid from %s to %s", found.Leaf.NotBefore.In(d.Zone()).Format(time.DateOnly), end.In(d.Zone()).Format("2006-01-02 15:04"))
	if left < endsSoon {
		d.warn(CheckCertificate, "certificate-ends-soon", "order a new one now: it takes weeks; what is with the signers then can only be fetched with the new one",
			"%s: %d days left", valid, int(left/(24*time.Hour)))
		return
	}
	d.fine(CheckCertificate, "certificate-dates", "%s: %d days left", valid, int(left/(24*time.Hour)))
}

// chain tells how the certificate is vouched for.
func (d *doctor) chain(found identity.Examined) {
	how := "all of it in the file"
	switch {
	case found.Completed == 1:
		how = "completed with one certificate that the file lacks"
	case found.Completed > 1:
		how = fmt.Sprintf("completed with %d certificates that the file lacks", found.Completed)
	}
	d.fine(CheckCertificate, "certificate-chain", "its chain leads to %s, which the %s environment trusts; %s",
		identity.IssuerOf(found.Chain[len(found.Chain)-1]), d.ws.Config.Portal.Environment, how)
}

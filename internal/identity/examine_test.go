package identity_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"slices"
	"testing"

	"batch/internal/identity"
	"batch/internal/identity/identitytest"
)

func TestBothGenerationsLoad(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	for generation, spec := range map[string]identitytest.Spec{
		"SEID 2.0": {Organization: organization},
		"SEID 1":   {Subject: identitytest.SEID1(organization)},
		"":         {Subject: &pkix.Name{CommonName: "ÆRLIG ØVING AS - " + organization}},
	} {
		path := identitytest.WriteFile(t, "client.p12", kit.Issue(t, spec).PKCS12(t, password))
		id, err := identity.Load(path, password, kit.Trust, now)
		if err != nil {
			t.Errorf("%q: %v", generation, err)
			continue
		}
		if got := identity.Generation(id.Chain[0]); got != generation || id.Organization != organization {
			t.Errorf("it is %q of %s, want %q of %s", got, id.Organization, generation, organization)
		}
	}
}

// A person who mends one thing must not be told of the next only then.
func TestExamineFindsAllThatIsWrong(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	old := kit.Issue(t, identitytest.Spec{Subject: &pkix.Name{CommonName: "Avdeling 7"}, KeyUsage: x509.KeyUsageContentCommitment,
		NotBefore: now.AddDate(-3, 0, 0), NotAfter: now.AddDate(0, -1, 0)})
	path := identitytest.WriteFile(t, "client.p12", old.PKCS12(t, password, old.Chain[0]))
	found := identity.Examine(path, password, kit.Trust, now)
	var codes []string
	for _, e := range found.Wrong {
		codes = append(codes, e.Code)
	}
	if want := []string{"certificate-expired", "wrong-key-usage", "no-organization", "chain-missing"}; !slices.Equal(codes, want) {
		t.Errorf("found %v, want %v", codes, want)
	}
	if found.Identity != nil || !found.Leaf.Equal(old.Chain[0]) {
		t.Errorf("it may be used (%v), or is another one", found.Identity)
	}
	// What has only expired still has its chain.
	expired := kit.Issue(t, identitytest.Spec{Organization: organization, NotBefore: now.AddDate(-3, 0, 0), NotAfter: now.AddDate(0, -1, 0)})
	path = identitytest.WriteFile(t, "client.p12", expired.PKCS12(t, password))
	if found = identity.Examine(path, password, kit.Trust, now); len(found.Wrong) != 1 || found.Wrong[0].Code != "certificate-expired" {
		t.Errorf("found %v", found.Wrong)
	}
}

func TestExamineCountsWhatTheAnchorsAdd(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	leaf, middle, root := kit.Client.Chain[0], kit.Client.Chain[1], kit.Client.Chain[2]
	trust := kit.Trust
	trust.Intermediates = []*x509.Certificate{middle}
	for completed, certs := range [][]*x509.Certificate{{root, leaf, middle}, {middle, leaf}, {leaf}} {
		path := identitytest.WriteFile(t, "client.p12", kit.Client.PKCS12(t, password, certs...))
		found := identity.Examine(path, password, trust, now)
		if len(found.Wrong) > 0 || found.Completed != completed || len(found.Identity.Chain) != 3 {
			t.Errorf("%d certificates: completed by %d, %v", len(certs), found.Completed, found.Wrong)
		}
	}
}

func TestExpiresWithTheFirstOfTheChain(t *testing.T) {
	kit := identitytest.New(t, organization, now)
	if got := kit.Identity.Expires(); !got.Equal(kit.Client.Chain[0].NotAfter) {
		t.Errorf("expires %v, want with the leaf", got)
	}
	outlived := identity.Identity{Chain: kit.Issue(t, identitytest.Spec{Organization: organization, NotAfter: now.AddDate(20, 0, 0)}).Chain}
	if got := outlived.Expires(); !got.Equal(kit.Client.Chain[1].NotAfter) {
		t.Errorf("expires %v, want with the authority", got)
	}
}

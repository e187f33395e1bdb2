package identity_test

import (
	"batch/internal/identity"
	"batch/internal/identity/identitytest"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"strings"
	"testing"

	"software.sslmate.com/src/go-pkcs12"
)

// sentences holds that no two causes share one.
type sentences struct {
	by        map[string]string // sentence → cause
	sameCause map[string]string // another name of a cause → its first one
}

func (s *sentences) once(t *testing.T, cause, sentence string) {
	t.Helper()
	if first, ok := s.sameCause[cause]; ok {
		cause = first
	}
	if other, said := s.by[sentence]; said && other != cause {
		t.Errorf("%q and %q are both told as %q", cause, other, sentence)
	}
	if s.by == nil {
		s.by = map[string]string{}
	}
	s.by[sentence] = cause
}

func wantError(t *testing.T, err error, code, message, remedy string) {
	t.Helper()
	e, ok := errors.AsType[*identity.Error](err)
	if !ok {
		t.Errorf("got %v, want an *identity.Error of code %s", err, code)
		return
	}
	if e.Code != code || !strings.Contains(e.Message, message) || !strings.Contains(e.Remedy, remedy) {
		t.Errorf("got %s: %s\n  → %s\nwant %s: … %s …\n  → … %s …", e.Code, e.Message, e.Remedy, code, message, remedy)
	}
	if strings.Contains(e.Message+e.Remedy, password) {
		t.Error("the message holds the password")
	}
}

func builtin(t *testing.T, environment string) identity.Trust {
	t.Helper()
	trust, err := identity.Builtin(environment)
	if err != nil {
		t.Fatal(err)
	}
	return trust
}

func changed(raw []byte) []byte {
	raw = append([]byte(nil), raw...)
	raw[len(raw)/2] ^= 1
	return raw
}

func ecKey(t *testing.T) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func trustStore(t *testing.T, kit *identitytest.Kit) []byte {
	t.Helper()
	raw, err := pkcs12.Modern.EncodeTrustStore(kit.Client.Chain[:1], password)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// withTwoKeys doubles the key bag of a passwordless file (RFC 7292 §4).
func withTwoKeys(t *testing.T, raw []byte) []byte {
	t.Helper()
	type content struct {
		Type asn1.ObjectIdentifier
		Data []byte `asn1:"explicit,tag:0"`
	}
	var file struct {
		Version int
		Safe    content
	}
	var parts []content
	var bags []asn1.RawValue
	decode := func(raw []byte, into any) {
		if _, err := asn1.Unmarshal(raw, into); err != nil {
			t.Fatal(err)
		}
	}
	encode := func(value any) []byte {
		raw, err := asn1.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	decode(raw, &file)
	decode(file.Safe.Data, &parts)
	decode(parts[1].Data, &bags)
	parts[1].Data = encode(append(bags, bags[0]))
	file.Safe.Data = encode(parts)
	return encode(file)
}

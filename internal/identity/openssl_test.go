package identity_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"batch/internal/identity"
	"batch/internal/identity/identitytest"
	"batch/internal/judgetest"
)

// Files of another maker, in every form that one meets: what the library of this package
// writes, the same library would always read.
func TestLoadReadsOpenSSLsFiles(t *testing.T) {
	openssl := judgetest.Find(t, "openssl")
	kit := identitytest.New(t, organization, now)
	for name, form := range map[string]struct {
		flags string
		codes []string // of what is wrong with it
	}{
		"AES-256":                         {"", nil},
		"AES-128, SHA-512":                {"-certpbe AES-128-CBC -keypbe AES-128-CBC -macalg sha512", nil},
		"RC2-40 and triple DES":           {"-legacy", nil},
		"RC2-128 and triple DES":          {"-legacy -certpbe PBE-SHA1-RC2-128 -keypbe PBE-SHA1-3DES", nil},
		"triple DES":                      {"-certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1", nil},
		"many iterations":                 {"-iter 100000", nil},
		"certificates in clear":           {"-certpbe NONE", nil},
		"no integrity check":              {"-nomac", []string{"pkcs12-no-mac"}},
		"RC4":                             {"-legacy -certpbe PBE-SHA1-RC4-128 -keypbe PBE-SHA1-RC4-128", []string{"pkcs12-unsupported"}},
		"another friendly name":           {"-name Nøkkel", nil},
		"keyed for Microsoft's CryptoAPI": {"-keysig -CSP Microsoft", nil},
	} {
		path := opensslFile(t, openssl, kit.Client, password, form.flags)
		found := identity.Examine(path, password, kit.Trust, now)
		var codes []string
		for _, e := range found.Wrong {
			codes = append(codes, e.Code)
		}
		if !slices.Equal(codes, form.codes) {
			t.Errorf("%s: found %v, want %v", name, found.Wrong, form.codes)
		}
		if len(form.codes) == 0 && found.Identity != nil && len(found.Identity.Chain) != 3 {
			t.Errorf("%s: the chain has %d certificates", name, len(found.Identity.Chain))
		}
		if len(form.codes) == 0 {
			if _, err := identity.Load(path, password+"x", kit.Trust, now); fmt.Sprint(err) != "certificate file "+path+": the password is wrong" {
				t.Errorf("%s, with a wrong password: %v", name, err)
			}
		}
	}
}

func TestOpenSSLsECKeyIsRefused(t *testing.T) {
	openssl := judgetest.Find(t, "openssl")
	kit := identitytest.New(t, organization, now)
	path := opensslFile(t, openssl, kit.Issue(t, identitytest.Spec{Organization: organization, Key: ecKey(t)}), password, "")
	_, err := identity.Load(path, password, kit.Trust, now)
	wantError(t, err, "not-rsa", "not an RSA key", "RSA")
}

// Two keys in one file, as somebody makes who gathers a whole delivery in one.
func TestKeytoolsFileOfTwoKeysIsRefused(t *testing.T) {
	openssl, keytool := judgetest.Find(t, "openssl"), judgetest.Find(t, "keytool")
	kit := identitytest.New(t, organization, now)
	const plain = "hemmelig7" // keytool's console encodings are another matter
	both := filepath.Join(t.TempDir(), "both.p12")
	for _, alias := range []string{"signing", "encryption"} {
		from := opensslFile(t, openssl, kit.Client, plain, "-name "+alias)
		run(t, nil, keytool, "-importkeystore", "-noprompt", "-srckeystore", from, "-srcstorepass", plain, "-srcalias", alias,
			"-destkeystore", both, "-deststoretype", "PKCS12", "-deststorepass", plain)
	}
	if err := os.Chmod(both, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := identity.Load(both, plain, kit.Trust, now)
	wantError(t, err, "several-keys", "several keys", "digitalSignature")
}

// opensslFile packs a certificate with its key and chain into a PKCS#12 file of mode 0600.
func opensslFile(t *testing.T, openssl string, issued *identitytest.Issued, password, flags string) string {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(issued.Key)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	pem.Encode(&text, &pem.Block{Type: "PRIVATE KEY", Bytes: key})
	for _, c := range issued.Chain {
		pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	path := filepath.Join(t.TempDir(), "client.p12")
	secret := identitytest.WriteFile(t, "password", []byte(password+"\n"))
	args := append([]string{"pkcs12", "-export", "-out", path, "-passout", "file:" + secret}, strings.Fields(flags)...)
	run(t, &text, openssl, args...)
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func run(t *testing.T, stdin *bytes.Buffer, program string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	if stdin != nil {
		cmd.Stdin = stdin
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}

package sandbox

import (
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"software.sslmate.com/src/go-pkcs12"
)

// keysName is the file that holds the keys and certificates of a sandbox whose state
// outlives it: whoever trusted it before still does, and what it has sealed stays good.
const keysName = "keys.json"

// keyring is that file. The keys of the two authorities are not in it, for nothing more
// is certified.
type keyring struct {
	Root      []byte `json:"root"` // DER, as all certificates here
	Issuing   []byte `json:"issuing"`
	Server    []byte `json:"server"`
	ServerKey []byte `json:"server_key"` // PKCS#8
	ClientP12 []byte `json:"client_p12"`
	Password  string `json:"password"`
}

// keptPKI is the PKI that an earlier sandbox left in the folder, or a new one, left there
// before anybody hears of it.
func keptPKI(folder string, now time.Time) (*PKI, error) {
	path := filepath.Join(folder, keysName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return leavePKI(path, now)
	}
	var kept keyring
	if err == nil {
		err = json.Unmarshal(text, &kept)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the sandbox's keys: %w", err)
	}
	p, err := kept.pki()
	if err != nil {
		return nil, fmt.Errorf("reading the sandbox's keys in %s: %w", path, err)
	}
	return p, nil
}

func leavePKI(path string, now time.Time) (*PKI, error) {
	p, err := NewPKI(now)
	if err != nil {
		return nil, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(p.Server.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("keeping the sandbox's keys: %w", err)
	}
	text, err := json.Marshal(keyring{p.Root.Raw, p.Issuing.Raw, p.Server.Leaf.Raw, key, p.ClientP12, p.ClientPassword})
	if err == nil {
		err = writeWhole(path, text, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("keeping the sandbox's keys: %w", err)
	}
	return p, nil
}

func (k *keyring) pki() (*PKI, error) {
	serverKey, err := x509.ParsePKCS8PrivateKey(k.ServerKey)
	if err != nil {
		return nil, err
	}
	clientKey, client, _, err := pkcs12.DecodeChain(k.ClientP12, k.Password)
	if err != nil {
		return nil, err
	}
	p := &PKI{ClientPassword: k.Password, ClientP12: k.ClientP12}
	var server *x509.Certificate
	for der, into := range map[*[]byte]**x509.Certificate{&k.Root: &p.Root, &k.Issuing: &p.Issuing, &k.Server: &server} {
		if *into, err = x509.ParseCertificate(*der); err != nil {
			return nil, err
		}
	}
	p.Server = p.withChain(server, serverKey)
	p.Client = p.withChain(client, clientKey)
	return p, nil
}

package bundle

import (
	"archive/zip"
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"batch/internal/identity/identitytest"
)

// Judged by xmlsec1: the signature, every digest and the chain. The references are
// files, so the bundle is unpacked and looked at from its own folder.
func TestSignatureIsAccepted(t *testing.T) {
	kit, sealer := newSealer(t)
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			folder := unpack(t, seal(t, sealer, shape.job, shape.docs))
			writeFile(t, filepath.Join(folder, "root.pem"), kit.PEM)
			judge(t, folder, "xmlsec1", xmlsec()...)
		})
	}
}

func TestForgeryIsNot(t *testing.T) {
	kit, sealer := newSealer(t)
	stranger := identitytest.New(t, "988015814", now)
	for name, forge := range map[string]func(folder string){
		"document": func(folder string) { spoil(t, filepath.Join(folder, "00_a-b.pdf"), "%%%", "%%!") },
		"job XML":  func(folder string) { spoil(t, filepath.Join(folder, "manifest.xml"), "Arbeids", "Arveids") },
		"signing time": func(folder string) {
			spoil(t, filepath.Join(folder, "META-INF/signatures.xml"), "2026-11-21T", "2026-11-20T")
		},
		"file name": func(folder string) {
			spoil(t, filepath.Join(folder, "META-INF/signatures.xml"), `URI="manifest.xml"`, `URI="00_a-b.pdf"`)
		},
		"authority": func(folder string) { writeFile(t, filepath.Join(folder, "root.pem"), stranger.PEM) },
	} {
		t.Run(name, func(t *testing.T) {
			folder := unpack(t, seal(t, sealer, job(lookup(person)), 1))
			writeFile(t, filepath.Join(folder, "root.pem"), kit.PEM)
			forge(folder)
			if out, err := judged(t, folder, "xmlsec1", xmlsec()...); err == nil {
				t.Errorf("xmlsec1 accepts it:\n%s", out)
			}
		})
	}
}

func xmlsec() []string {
	return []string{"--verify", "--trusted-pem", "root.pem", "--verification-time", now.UTC().Format("2006-01-02 15:04:05"),
		"--enabled-key-data", "x509", "--id-attr:Id", xadesNamespace + ":SignedProperties", "META-INF/signatures.xml"}
}

func TestSignaturesXMLIsValid(t *testing.T) {
	xsd := schema(t, "signatures.xsd")
	_, sealer := newSealer(t)
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			folder := unpack(t, seal(t, sealer, shape.job, shape.docs))
			judge(t, folder, "xmllint", "--noout", "--nonet", "--schema", xsd, "META-INF/signatures.xml")
		})
	}
}

// The file has nothing that canonicalizing would change, save its declaration.
func TestSignaturesXMLIsCanonical(t *testing.T) {
	_, sealer := newSealer(t)
	folder := unpack(t, seal(t, sealer, shapes["everything"].job, 2))
	out, err := judged(t, folder, "xmllint", "--c14n", "--nonet", "META-INF/signatures.xml")
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// c14n drops a namespace declaration that is in force already; ours repeat it where a
	// part is hashed by itself.
	text := string(entries(t, seal(t, sealer, shapes["everything"].job, 2))["META-INF/signatures.xml"])
	text = strings.TrimPrefix(text, signaturesDeclaration)
	text = strings.Replace(text, `<SignedInfo xmlns="`+dsigNamespace+`">`, "<SignedInfo>", 1)
	text = strings.Replace(text, `<SignedProperties xmlns="`+xadesNamespace+`" `, "<SignedProperties ", 1)
	if string(out) != text {
		t.Errorf("canonical form:\n%s\nwritten:\n%s", out, text)
	}
}

// xades is what the test reads of a signature, by encoding/xml instead of our writer.
type xades struct {
	Signature struct {
		Id         string `xml:",attr"`
		SignedInfo struct {
			Inner      string `xml:",innerxml"`
			References []struct {
				Id          string `xml:",attr"`
				URI         string `xml:",attr"`
				Type        string `xml:",attr"`
				DigestValue string
				Transforms  []struct {
					Algorithm string `xml:",attr"`
				} `xml:"Transforms>Transform"`
			} `xml:"Reference"`
		}
		SignatureValue string
		Certificates   []string `xml:"KeyInfo>X509Data>X509Certificate"`
		Properties     struct {
			Inner       string `xml:",innerxml"`
			Id          string `xml:",attr"`
			SigningTime string `xml:"SignedSignatureProperties>SigningTime"`
			Cert        []struct {
				DigestMethod struct {
					Algorithm string `xml:",attr"`
				} `xml:"CertDigest>DigestMethod"`
				DigestValue      string `xml:"CertDigest>DigestValue"`
				X509IssuerName   string `xml:"IssuerSerial>X509IssuerName"`
				X509SerialNumber string `xml:"IssuerSerial>X509SerialNumber"`
			} `xml:"SignedSignatureProperties>SigningCertificate>Cert"`
			Formats []struct {
				ObjectReference string `xml:",attr"`
				MimeType        string
			} `xml:"SignedDataObjectProperties>DataObjectFormat"`
		} `xml:"Object>QualifyingProperties>SignedProperties"`
	}
}

// Read again by other code: the signature over SignedInfo, the digest of every file
// and of the properties, and what the properties say.
func TestSignatureHolds(t *testing.T) {
	kit, sealer := newSealer(t)
	for name, shape := range shapes {
		files := entries(t, seal(t, sealer, shape.job, shape.docs))
		var x xades
		if err := xml.Unmarshal(files["META-INF/signatures.xml"], &x); err != nil {
			t.Fatal(err)
		}
		s := x.Signature
		canonicalInfo := `<SignedInfo xmlns="http://www.w3.org/2000/09/xmldsig#">` + s.SignedInfo.Inner + "</SignedInfo>"
		hashed := sha256.Sum256([]byte(canonicalInfo))
		leaf := kit.Client.Chain[0]
		if err := rsa.VerifyPKCS1v15(leaf.PublicKey.(*rsa.PublicKey), crypto.SHA256, hashed[:], fromBase64(t, s.SignatureValue)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		canonicalProperties := `<SignedProperties xmlns="http://uri.etsi.org/01903/v1.3.2#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" Id="SignedProperties">` +
			s.Properties.Inner + "</SignedProperties>"
		references := s.SignedInfo.References
		if len(references) != shape.docs+2 || len(s.Properties.Formats) != shape.docs+1 {
			t.Fatalf("%s: %d references and %d formats for %d documents", name, len(references), len(s.Properties.Formats), shape.docs)
		}
		for i, r := range references {
			content, last := files[r.URI], i == len(references)-1
			if last {
				content = []byte(canonicalProperties)
				if r.URI != "#SignedProperties" || r.Type != "http://uri.etsi.org/01903#SignedProperties" || len(r.Transforms) != 1 || r.Transforms[0].Algorithm != canonicalXML {
					t.Errorf("%s: the reference to the properties is %+v", name, r)
				}
			} else if f := s.Properties.Formats[i]; r.Id == "" || f.ObjectReference != "#"+r.Id || r.Type != "" || len(r.Transforms) != 0 || f.MimeType != mimeOf(r.URI) {
				t.Errorf("%s: reference %+v has the format %+v", name, r, f)
			}
			if sum := sha256.Sum256(content); len(content) == 0 || !bytes.Equal(sum[:], fromBase64(t, r.DigestValue)) {
				t.Errorf("%s: the digest of %s does not hold", name, r.URI)
			}
		}
		sha1Sum := sha1.Sum(leaf.Raw)
		cert := s.Properties.Cert[0]
		if s.Id != "Signature" || s.Properties.SigningTime != "2026-11-21T10:30:42.115+01:00" || cert.X509SerialNumber != leaf.SerialNumber.String() ||
			!bytes.Equal(fromBase64(t, cert.DigestValue), sha1Sum[:]) || !strings.HasSuffix(cert.DigestMethod.Algorithm, "#sha1") ||
			!regexp.MustCompile(`^2\.5\.4\.97=#0c0f4e54524e4f2d393833313633333237,CN=Kit Enterprise CA \w+,O=Kit AS,C=NO$`).MatchString(cert.X509IssuerName) {
			t.Errorf("%s: the properties say %+v at %s", name, cert, s.Properties.SigningTime)
		}
		if len(s.Certificates) != 3 {
			t.Fatalf("%s: %d certificates, want leaf to root", name, len(s.Certificates))
		}
		for i, c := range s.Certificates {
			if !bytes.Equal(fromBase64(t, c), kit.Client.Chain[i].Raw) {
				t.Errorf("%s: certificate %d is another", name, i)
			}
		}
	}
}

func mimeOf(name string) string {
	if name == "manifest.xml" {
		return "application/xml"
	}
	return "application/pdf"
}

// The ZIP as readers find it that stream: Java's takes every entry from its local
// header. The order is the official clients'.
func TestZIP(t *testing.T) {
	_, sealer := newSealer(t)
	raw := seal(t, sealer, shapes["in order"].job, 2)
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
		offset, err := f.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		local := raw[int(offset)-30-len(f.Name):]
		if version, flags, method := binary.LittleEndian.Uint16(local[4:]), binary.LittleEndian.Uint16(local[6:]), binary.LittleEndian.Uint16(local[8:]); version != 20 || flags != 0 || method != zip.Store {
			t.Errorf("%s: version %d, flags %#x, method %d; want 20, 0 (no data descriptor), 0 (stored)", f.Name, version, flags, method)
		}
		if crc, size := binary.LittleEndian.Uint32(local[14:]), binary.LittleEndian.Uint32(local[22:]); crc != f.CRC32 || uint64(size) != f.UncompressedSize64 || size == 0 {
			t.Errorf("%s: CRC and size are not in the local header", f.Name)
		}
		if want := "2026-11-21 10:30:42"; f.Modified.Format("2006-01-02 15:04:05") != want || f.CreatorVersion != 20 {
			t.Errorf("%s: modified %v by version %d, want %s by 20", f.Name, f.Modified, f.CreatorVersion, want)
		}
	}
	if want := []string{"00_a-b.pdf", "01_a-b.pdf", "manifest.xml", "META-INF/signatures.xml"}; !slices.Equal(names, want) {
		t.Errorf("entries %q, want %q", names, want)
	}
}

func entries(t *testing.T, raw []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(r); err != nil { // checks the CRC
			t.Fatal(err)
		}
	}
	return files
}

func unpack(t *testing.T, raw []byte) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for name, content := range entries(t, raw) {
		writeFile(t, filepath.Join(folder, name), content)
	}
	return folder
}

// spoil changes the first match of a file on disk, and fails where there is none.
func spoil(t *testing.T, path, from, to string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(content), from, to, 1)
	if changed == string(content) {
		t.Fatalf("%s does not hold %q", path, from)
	}
	writeFile(t, path, []byte(changed))
}

func fromBase64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

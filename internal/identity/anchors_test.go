package identity

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/pem"
	"os"
	"path"
	"slices"
	"testing"
	"time"
)

// builtin lists the anchors that may be built in, by the SHA-256 of their DER form.
// They are those of no.digipost:certificate-validator 3.0.6 (Apache-2.0), which the
// portal's official clients trust. A new one belongs here only with its source.
var builtin = []struct {
	file   string
	root   bool
	sha256 string
}{
	{"production/BPCl3CaG2HTBS.pem", false, "0ef5cedce44265b112785b359a21141e20f553aada4c579404617b5ca6046be9"},
	{"production/BPCl3CaG2STBS.pem", false, "45e05831cddac1f2b96dc8ca54620834c87649e9ffd3b26d7dad2ad07f807232"},
	{"production/BPCl3RootCaG2HT.pem", true, "ab936dfd7f171d3a3cbd08f9bebdc3f3baaabaa79df6a908f8a7b0128627f187"},
	{"production/BPCl3RootCaG2ST.pem", true, "f8c16c6b4fd45cb0672e16582b8805f1cafd0c48d866f4ed895b30e352a9faa6"},
	{"production/BPClass3CA3.pem", false, "c49c350e5a8205e063e74c554a994335b8435c996527d4ef1a2b0c7b51584b2d"},
	{"production/BPClass3RootCA.pem", true, "edf7ebbca27a2a384d387b7d4010c666e2edb4843e4c29b4ae1d5b9332e6b24d"},
	{"production/CommfidesLegalPersonCA-G3.pem", false, "318aa99dfbe3d5cf10bf1e3a5e8bd921d55c68a70901dadc2cb6ed77ac363501"},
	{"production/CommfidesRootCA-G3.pem", true, "5ad1a2b5dae0ce7daeb4d15e3676002da387ed852c1667b1a80543c474a41ec7"},
	{"production/commfides_ca.pem", false, "400a00e96d00edc0beb13ce2782ba67e49de6076b927844e31b782695500619d"},
	{"production/commfides_root_ca.pem", true, "c37912106489b99ed93dba644dfe6b95c2735339742bec01934ad4f62ac278f3"},
	{"test/BPCl3CaG2HTBS.pem", false, "2c9e0ec146f148eda7c5dd05559ccd2261e0c0d66f638864fae21c7756de7210"},
	{"test/BPCl3CaG2STBS.pem", false, "2f36956beb4de4907a3a0fb09437d7d532f4a12504473a00c12ceb028df54a28"},
	{"test/BPCl3RootCaG2HT.pem", true, "52a09cf14587d7a5be5f3dc64754125822faeea5d75d15fd961e63c6f63d3f70"},
	{"test/BPCl3RootCaG2ST.pem", true, "760637a0f7da3a3876f601f96b8cf2ceb4fef80b76bd6f052e7bcb0041da350d"},
	{"test/Buypass_Class_3_Test4_CA_3.pem", false, "b761abd7a4c478b33be382be511943c20e50950b3b2899875a692e1bef2bdc1b"},
	{"test/Buypass_Class_3_Test4_Root_CA.pem", true, "2a8475824d9ba398170031b9b398222f857a59bdc5cc3b49005eafdb55955da4"},
	{"test/CommfidesLegalPersonCA-G3-TEST.pem", false, "94bb0e8701b61794d5d0c3154204571096b23c78b33c87e7f942097030e526d9"},
	{"test/CommfidesRootCA-G3-TEST.pem", true, "97ea39029d946583d44539519a1f2cae4a40f9733d17dac18457246af5654325"},
	{"test/commfides_test_ca.pem", false, "566688d20da741f3b2ab0ba8885ff552da0320c1ce742e445f448d29e201a43b"},
	{"test/commfides_test_root_ca.pem", true, "4501b8951a592e25a0cfe1437f93a0773d249f08f1cb7693a232c79962df0013"},
}

func TestAnchorsAreTheListedOnes(t *testing.T) {
	var found []string
	for _, environment := range environments {
		files, err := os.ReadDir("trust/" + environment)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			found = append(found, path.Join(environment, f.Name()))
		}
	}
	for _, want := range builtin {
		at := slices.Index(found, want.file)
		if at < 0 {
			t.Errorf("%s is listed but not built in", want.file)
			continue
		}
		found = slices.Delete(found, at, at+1)
		if got := derSHA256(t, want.file); got != want.sha256 {
			t.Errorf("%s: SHA-256 is %s, want %s", want.file, got, want.sha256)
		}
	}
	if len(found) > 0 {
		t.Errorf("built in but not listed: %v", found)
	}
}

func derSHA256(t *testing.T, file string) string {
	t.Helper()
	text, err := anchors.ReadFile("trust/" + file)
	if err != nil {
		t.Fatal(err)
	}
	block, rest := pem.Decode(text)
	if block == nil {
		t.Fatalf("%s holds no PEM block", file)
	}
	if more, _ := pem.Decode(rest); more != nil {
		t.Fatalf("%s holds more than one certificate", file)
	}
	sum := sha256.Sum256(block.Bytes)
	return hex.EncodeToString(sum[:])
}

func TestBuiltin(t *testing.T) {
	for _, environment := range environments {
		trust, err := Builtin(environment)
		if err != nil {
			t.Fatal(err)
		}
		if trust.Environment != environment || trust.Organization != "984661185" {
			t.Errorf("%s: got environment %q and organization %q", environment, trust.Environment, trust.Organization)
		}
		roots, others := 0, 0
		for _, a := range builtin {
			switch {
			case path.Dir(a.file) != environment:
			case a.root:
				roots++
			default:
				others++
			}
		}
		if len(trust.Roots) != roots || len(trust.Intermediates) != others {
			t.Errorf("%s: %d roots and %d intermediates, want %d and %d", environment, len(trust.Roots), len(trust.Intermediates), roots, others)
		}
	}
}

func TestAnchorsLeadToTheirRoots(t *testing.T) {
	allValid := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC) // the two oldest have expired since
	for _, environment := range environments {
		trust, err := Builtin(environment)
		if err != nil {
			t.Fatal(err)
		}
		for _, authority := range trust.Intermediates {
			if _, err := trust.path(authority, nil, allValid); err != nil {
				t.Errorf("%s: %s: %v", environment, authority.Subject.CommonName, err)
			}
		}
	}
}

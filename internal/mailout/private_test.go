package mailout_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"batch/internal/mailout"
)

const (
	someID     = mailout.NationalID("01845912345")
	someEmail  = mailout.Email("kari.nordmann@kommune.example")
	someMobile = mailout.Mobile("+4799887766")
	someText   = mailout.Text("Oppsigelse av Kari Nordmann")
)

// secrets are the parts of the values above that must never be seen.
var secrets = []string{"912345", "kari.nordmann", "nordmann@", "kommune", "998877", "4799", "Oppsigelse", "Nordmann",
	fmt.Sprintf("%x", "912345"), fmt.Sprintf("%X", "Nordmann"), fmt.Sprintf("%x", "kari.nordmann")}

func mustHide(t *testing.T, how, shown string) {
	t.Helper()
	for _, s := range secrets {
		if strings.Contains(shown, s) {
			t.Errorf("%s shows %q: %s", how, s, shown)
		}
	}
}

type everything struct {
	ID     mailout.NationalID
	Email  mailout.Email
	Mobile mailout.Mobile
	Text   mailout.Text
	Map    map[string]mailout.Email
	List   []mailout.Mobile
	Any    any
}

var all = everything{someID, someEmail, someMobile, someText,
	map[string]mailout.Email{"first": someEmail}, []mailout.Mobile{someMobile}, someText}

// Go's own %p and %w never ask a value how it wants to be shown; go vet refuses both for
// these types, which is why they are not here.
func TestEveryVerbMasks(t *testing.T) {
	for _, value := range []any{someID, someEmail, someMobile, someText, all, &all, []any{someID, someText}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%#q", "%+q", "%x", "%X", "% x", "%#x", "%d", "%t", "%e", "%c", "%U", "%b", "%o", "%z", "%40s", "%-40v", "%.3s", "%T", "an argument too many"} {
			mustHide(t, fmt.Sprintf("%s of %T", verb, value), fmt.Sprintf(verb, value))
		}
		mustHide(t, "Sprint", fmt.Sprint(value))
		mustHide(t, "an error", fmt.Errorf("reading %v: %w", value, errors.New("no")).Error())
	}
}

func TestEncodersMask(t *testing.T) {
	asJSON, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	mustHide(t, "JSON", string(asJSON))
	type signer struct {
		ID   mailout.NationalID `xml:"id,attr"`
		Text mailout.Text
	}
	asXML, err := xml.Marshal(signer{someID, someText})
	if err != nil {
		t.Fatal(err)
	}
	mustHide(t, "XML", string(asXML))
}

func TestLogsMask(t *testing.T) {
	var out bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		log := slog.New(h)
		log.Info("sending", "id", someID, "email", someEmail, "mobile", someMobile, "text", someText, "all", all, "pointer", &all)
		log.With("id", someID).WithGroup("row").Info("sent", "signers", []mailout.NationalID{someID})
	}
	if n := strings.Count(out.String(), "\n"); n != 4 {
		t.Fatalf("%d lines were logged, want 4", n)
	}
	mustHide(t, "a log", out.String())
}

func TestMasksStayRecognizable(t *testing.T) {
	for _, c := range []struct {
		value fmt.Stringer
		want  string
	}{
		{someID, "01845******"},
		{someEmail, "k•••@•••.example"},
		{someMobile, "•••66"},
		{someText, "•••"},
		{mailout.Email("å@x.no"), "å•••@•••.no"},
		{mailout.Mobile("99887766"), "•••66"},
		{mailout.NationalID(""), ""},
		{mailout.Email(""), ""},
		{mailout.Mobile(""), ""},
		{mailout.Text(""), ""},
	} {
		if got := c.value.String(); got != c.want {
			t.Errorf("%T prints as %q, want %q", c.value, got, c.want)
		}
	}
}

// What is no number or address at all, as in a cell that was filled in wrongly, is masked
// whole: nobody knows what its first characters say.
func TestMalformedValuesAreMaskedWhole(t *testing.T) {
	for _, v := range []fmt.Stringer{
		mailout.NationalID("1845912345"), mailout.NationalID("Kari Nordmann"), mailout.NationalID("01845912345, Nordmann"), mailout.NationalID("018459 12345"),
		mailout.Email("kari.nordmann"), mailout.Email("@nordmann"), mailout.Email("k@nordmann"), mailout.Mobile("9988776"), mailout.Mobile("Nordmann 77"),
	} {
		if got := v.String(); got != "•••" {
			t.Errorf("a malformed %T prints as %q, want a whole mask", v, got)
		}
	}
}

func TestRevealIsTheValue(t *testing.T) {
	for _, c := range [][2]string{
		{someID.Reveal(), "01845912345"}, {someEmail.Reveal(), "kari.nordmann@kommune.example"},
		{someMobile.Reveal(), "+4799887766"}, {someText.Reveal(), "Oppsigelse av Kari Nordmann"},
	} {
		if c[0] != c[1] {
			t.Errorf("%q is revealed as %q", c[1], c[0])
		}
	}
}

package workspace

import (
	"time"
	_ "time/tzdata" // a machine without a zone database must not change what 08:00 means

	"batch/internal/mailout"
)

// Config is batch.toml with every default filled in. The keys, and what each is for,
// are told in the template that [Init] writes.
type Config struct {
	Language string         // of what people read: "en" or "nb"
	Location *time.Location // time_zone: of dates and times without an offset
	GroupBy  string         // the owner's header whose equal cells make one job; empty: none

	Portal    Portal
	Identity  Identity
	Sender    Sender   // of rows that name none
	Senders   []Sender // brokers: the other organizations sent for, each once
	Documents Documents
	Columns   map[string]string            // the owner's header → our column, or "-" to put it aside
	Values    map[string]map[string]string // our column → what stands in its cells → what is read
	Defaults  Defaults
	Signers   []map[string]string // sign every row; signer column → value
	Send      Send
	Stop      Stop
	Ledger    Ledger
	Test      Test
}

// Portal is whom we talk to, and how fast.
type Portal struct {
	Environment        string            // "production", "test", "sandbox" or "custom"
	URL                string            // service root of sandbox and custom, without a slash at its end; empty for the others
	Trust              string            // PEM file in place of the built-in anchors; set in sandbox and custom, empty elsewhere
	ServerOrganization mailout.OrgNumber // expected in the server's certificate
	Proxy              string            // URL of an HTTP proxy; empty: none
	PollingQueue       string            // queue of our status changes; empty, the portal's own, only in a sandbox
	CallsPerSecond     int               // 1–10; 0 means no limit, and it or more is for sandbox and custom only
	Pace               string            // what the limit is counted for: "per-certificate" or "per-sender"
}

// Identity is where our certificate is, and how its password is found. At most one of
// PasswordFile and PasswordCommand is set.
type Identity struct {
	Certificate     string // PKCS#12 file
	PasswordFile    string // its first line is the password
	PasswordCommand string // for the shell; the first line of what it prints is the password
}

// Sender is an organization that jobs are sent for.
type Sender struct {
	Organization mailout.OrgNumber
	Kind         mailout.SenderKind // what may be combined differs
	PollingQueue string             // only of [[senders]]; Portal.PollingQueue where it says none. Each sender has a queue of its own by that name
}

// Documents says where PDFs are and what is done to them. Before, After and Shared are
// slash-separated paths below the documents' folder.
type Documents struct {
	Folder string   // empty: the manifest's folder
	Before []string // merged in front of every row's first document
	After  []string // … and behind it
	As     string   // "merge", or "separate": documents of their own
	Shared []string // files that many rows may name
	XAdES  bool     // keep each signer's XAdES too
}

// Defaults stand in for cells that a row does not have. Values are text as a cell would
// hold it; {Header} in them takes a cell of the row. Here as in Columns, Values and
// Signers, the names of our columns are as the owner wrote them: it is the manifest that
// knows them all.
type Defaults struct {
	Job     map[string]string         // job column → value
	Signers map[int]map[string]string // signer's number, 1–10 → signer column → value
}

// Send is about times of sending.
type Send struct {
	Hold        time.Duration // nobody is notified before the end of sending and this; 0: at once
	AbsentAfter time.Duration // after the last byte, until a row may be declared absent; under 30 minutes only in sandbox and custom
}

// Stop holds the rules that stop sending.
type Stop struct {
	AfterRefusedInARow int     // 1 or more
	AfterUnknownInARow int     // 1 or more
	UnknownTotal       int     // 1 or more
	RefusedShare       float64 // above 0 and at most 1; judged from 20 rows on
	Canary             int     // send so many, then stop for approval; 0: no canary
}

// Ledger is where the books are kept.
type Ledger struct {
	Folder string // of ledger.db, sent.log and the lock; empty: the workspace
}

// Test is for use outside production.
type Test struct {
	Persons []string // real national numbers that may be used there
}

// The service roots (portal-api.md, Environments) and Posten Bring AS, whose
// organization number stands in the server's certificate.
const (
	productionRoot     = "https://api.signering.posten.no/api"
	testRoot           = "https://api.difitest.signering.posten.no/api"
	serverOrganization = "984661185"
)

// minAbsentAfter is how long a job may be on its way into the sender portal's list
// (design.md, "The life of a row").
const minAbsentAfter = 30 * time.Minute

// Default is what an empty batch.toml would mean. It names no portal and no sender.
func Default() Config {
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		panic("the zone database is part of the program: " + err.Error())
	}
	return Config{
		Language:  "en",
		Location:  oslo,
		Portal:    Portal{ServerOrganization: serverOrganization, CallsPerSecond: 10, Pace: "per-certificate"},
		Documents: Documents{As: "merge"},
		Columns:   map[string]string{},
		Values:    map[string]map[string]string{},
		Defaults:  Defaults{Job: map[string]string{}, Signers: map[int]map[string]string{}},
		Send:      Send{AbsentAfter: minAbsentAfter},
		Stop:      Stop{AfterRefusedInARow: 5, AfterUnknownInARow: 2, UnknownTotal: 5, RefusedShare: 0.05},
	}
}

// lenient reports whether the portal's own limits may be left behind: it is not the
// real one.
func (p Portal) lenient() bool { return p.Environment == "sandbox" || p.Environment == "custom" }

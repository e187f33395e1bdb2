package report

import (
	"path"
	"strconv"
	"strings"
	"time"

	"batch/internal/mailout"
)

// rowLine is a row as the page's table shows it. All else of it is shown on request.
type rowLine struct {
	Line    int
	Key     string
	About   string // cells of the owner's own by which a person knows the row
	State   mailout.State
	Look    bool // a person should look although the state does not say so
	Code    string
	Turn    string
	Whose   bool // … which is somebody's
	Action  string
	Signers []signerLine
	Since   string
	Job     string
	File    string
	SHA256  string
}

type signerLine struct {
	Who, Status, Since string
	Order              string // as the manifest has it; "": all sign together
}

func rowView(l line, zone *time.Location) rowLine {
	r := l.rec
	v := rowLine{
		Line: r.Line, Key: l.shows(colKey), About: l.about(), State: r.State, Look: r.Doubtful || len(r.Duplicates) > 0,
		Code: l.shows(colCode), Turn: l.shows(colTurn), Action: l.shows(colNext),
		Whose: turn(l.action) != nobody, Since: minute(r.Since, zone), Job: l.shows(colJob), File: visible(path.Base(r.Signed.Path)), SHA256: digest(r.Signed.SHA256),
	}
	switch {
	case r.Signed.Path == "":
		v.File = ""
	case v.Job != "" && strings.Contains(v.File, v.Job): // the name says it
		v.Job = ""
	}
	if strings.EqualFold(v.Code, string(v.State)) {
		v.Code = ""
	}
	groups := r.Job.OrderGroups()
	for l.signer = range r.Job.Signers {
		s := signerLine{Who: visible(l.identity()), Status: visible(string(l.book().Status)), Since: minute(l.book().Since, zone)}
		if s.Status == "" && r.JobID != 0 {
			s.Status = "no word yet"
		}
		if groups > 1 {
			s.Order = strconv.Itoa(l.who().Order)
		}
		v.Signers = append(v.Signers, s)
	}
	return v
}

// shows is a column's text on the line.
func (l line) shows(c column) string {
	text, _ := c.value(l).(string)
	return visible(text)
}

// mostAbout is how many of the owner's own cells a row is shown with, and how long they may
// be together, in characters.
const mostAbout, longestAbout = 3, 90

// about are the first cells of the owner's own columns: a name, a department, whatever the
// list was made for.
func (l line) about() string {
	var cells []string
	for _, c := range l.rec.Columns {
		text := strings.Join(strings.Fields(visible(l.mask.column(c))), " ")
		if c.Field != "" || text == "" || text == l.rec.Key {
			continue
		}
		if cells = append(cells, text); len(cells) == mostAbout {
			break
		}
	}
	all := []rune(strings.Join(cells, "\u00a0· "))
	if len(all) > longestAbout {
		return string(all[:longestAbout-1]) + "…"
	}
	return string(all)
}

func minute(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format("2006-01-02 15:04")
}

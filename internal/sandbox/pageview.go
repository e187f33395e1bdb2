package sandbox

import (
	"html/template"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// jobsOnAPage is how many jobs are shown at once.
const jobsOnAPage = 50

// jobsView is what the page shows.
type jobsView struct {
	Clock        time.Time
	Ahead        time.Duration // of the real time
	Find         string
	Query        template.URL // leads back to this view
	Total, Found int
	Page, Pages  int
	Newer, Older int // the neighbouring pages; 0: there is none
	Jobs         []pageJob
}

// pageJob is a job with what only a person looks at. It holds no national number.
type pageJob struct {
	JobView
	Title    string
	Query    template.URL
	Created  time.Time
	Ended    time.Time // zero: it goes on
	Signers  []pageSigner
	Papers   []pageDocument
	Readable bool // the documents as they came are still here
	Signed   bool // there is a signed document
	Many     bool // more than one may sign now, or when others have
}

// pageDocument is a document as it came, counted from 1.
type pageDocument struct {
	N     int
	Title string
}

type pageSigner struct {
	SignerView
	Who           string
	Group, Groups int  // which order group of how many, from 1
	Turn          bool // may sign now
	Job           int64
	Query         template.URL
}

// pageOf takes the newest jobs first.
func (s *Sandbox) pageOf(a asked) jobsView {
	s.mu.Lock()
	defer s.unlock()
	s.catchUp()
	found := s.find(a.find)
	v := jobsView{
		Clock: s.clock(), Ahead: s.offset.Round(time.Second),
		Find: a.find, Total: len(s.jobs), Found: len(found), Pages: max(1, (len(found)+jobsOnAPage-1)/jobsOnAPage),
	}
	v.Page = min(a.page, v.Pages)
	v.Query = asked{a.find, v.Page}.query()
	v.Newer = v.Page - 1
	if v.Page < v.Pages {
		v.Older = v.Page + 1
	}
	for _, id := range found[(v.Page-1)*jobsOnAPage : min(v.Page*jobsOnAPage, len(found))] {
		v.Jobs = append(v.Jobs, s.pageJob(s.jobs[id], v.Query))
	}
	return v
}

// find lists the ids of jobs, the newest first.
func (s *Sandbox) find(text string) []int64 {
	ids := slices.Collect(maps.Keys(s.jobs))
	if text != "" {
		ids = slices.DeleteFunc(ids, func(id int64) bool {
			return strconv.FormatInt(id, 10) != text && !strings.Contains(s.jobs[id].reference, text)
		})
	}
	slices.SortFunc(ids, func(a, b int64) int { return int(b - a) })
	return ids
}

func (s *Sandbox) pageJob(j *job, query template.URL) pageJob {
	v := pageJob{
		JobView: j.view(s.clock()), Title: j.manifest.title, Query: query, Created: j.created, Ended: j.finished,
		Readable: !j.foreign && !j.emptied(), Signed: j.offersPAdES(),
	}
	for i, d := range j.documents {
		v.Papers = append(v.Papers, pageDocument{i + 1, d.title})
	}
	orders := j.manifest.orders()
	for i, p := range j.signers {
		_, closed := j.signerN(i+1, s.clock())
		v.Signers = append(v.Signers, pageSigner{
			SignerView: v.JobView.Signers[i], Who: who(p.spec), Group: slices.Index(orders, p.spec.order) + 1, Groups: len(orders),
			Turn: closed == nil, Job: j.id, Query: query,
		})
	}
	v.Many = j.finished.IsZero() && !s.clock().Before(j.opened) && len(j.signers)-j.signedCount() > 1
	return v
}

// who tells signers apart without telling who they are.
func who(s signerSpec) string {
	var parts []string
	if s.number != "" {
		parts = append(parts, "national number "+maskNumbers(s.number))
	}
	if s.email != "" {
		parts = append(parts, "e-mail "+string([]rune(s.email)[:1])+"…")
	}
	if mobile := []rune(s.mobile); len(mobile) > 2 {
		parts = append(parts, "mobile …"+string(mobile[len(mobile)-2:]))
	}
	if s.lookup {
		parts = append(parts, "notified by look-up")
	}
	if s.onBehalfOf == onBehalfOfOther {
		parts = append(parts, "on behalf of another")
	}
	return strings.Join(parts, ", ")
}

var likeNationalNumber = regexp.MustCompile(`\b([0-9]{5})[0-9][ .-]?[0-9]{5}\b`)

// maskNumbers leaves the first digits of what may be a national number.
func maskNumbers(text string) string { return likeNationalNumber.ReplaceAllString(text, "$1******") }

package sandbox

import (
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// pageFiles are the page's template and what it loads; nothing comes from elsewhere.
//
//go:embed page
var pageFiles embed.FS

var pageTemplates = template.Must(template.New("").Funcs(template.FuncMap{
	"at":     func(t time.Time) string { return t.Local().Format("2006-01-02 15:04 MST") },
	"masked": maskNumbers,
}).ParseFS(pageFiles, "page/*.html"))

// Policies of the page: its own files and forms only, in nobody's frame; and of documents,
// which are data: whatever a browser takes them for may do nothing.
const (
	pagePolicy = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; " +
		"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	documentPolicy = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'"
)

// addPage adds the page on which a person acts for the signers. What its forms send is
// done as the API does it, and answered with the page again.
func (s *Sandbox) addPage(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.showPage)
	mux.HandleFunc("GET /page.css", pageFile("page/page.css"))
	mux.HandleFunc("GET /page.js", pageFile("page/page.js"))
	mux.HandleFunc("GET /jobs/{id}/documents/{n}", asPDF(s.originalDocument))
	mux.HandleFunc("GET /jobs/{id}/signed", asPDF(s.currentSigned))
	mux.HandleFunc("POST /page/jobs/{id}/sign", asPage(s.controlSignAll))
	mux.HandleFunc("POST /page/jobs/{id}/signers/{n}/{act}", asPage(s.controlSigner))
	mux.HandleFunc("POST /page/clock", asPage(s.controlClock))
}

func pageFile(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, pageFiles, name) }
}

func (s *Sandbox) showPage(w http.ResponseWriter, r *http.Request) {
	writePage(w, http.StatusOK, "jobs.html", s.pageOf(viewAsked(r)))
}

// asPage does what a form asks for and leads back to where it stood.
func asPage(do controlCall) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		result, err := do(r)
		if err != nil {
			writePageProblem(w, r, err)
			return
		}
		back := "/?" + string(viewAsked(r).query())
		if job, is := result.(JobView); is {
			back += "#job-" + strconv.FormatInt(job.ID, 10)
		}
		http.Redirect(w, r, back, http.StatusSeeOther)
	}
}

func writePage(w http.ResponseWriter, status int, name string, data any) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Referrer-Policy", "same-origin")
	w.WriteHeader(status)
	pageTemplates.ExecuteTemplate(w, name, data) // an error here is the reader's going away
}

func writePageProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := problemOf(err)
	writePage(w, p.status, "problem.html", map[string]any{"Message": p.message, "Back": viewAsked(r).query()})
}

// asked is which part of the jobs the reader looks at.
type asked struct {
	find string // part of a reference, or an id; empty: all
	page int    // from 1
}

func viewAsked(r *http.Request) asked {
	q := r.URL.Query()
	page, _ := strconv.Atoi(q.Get("page"))
	return asked{find: q.Get("find"), page: max(1, page)}
}

// query is the part of an address that leads back to the same view.
func (a asked) query() template.URL {
	q := url.Values{}
	if a.find != "" {
		q.Set("find", a.find)
	}
	if a.page > 1 {
		q.Set("page", strconv.Itoa(a.page))
	}
	return template.URL(q.Encode())
}

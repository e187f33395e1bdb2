package sandbox

import (
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
)

// methods are what an address takes. HEAD and OPTIONS are not offered anywhere: a HEAD of
// a queue would take a change out of it without handing it to anybody.
type methods map[string]endpoint

// routes are the portal's addresses (portal-api.md).
func (s *Sandbox) routes() map[string]methods {
	const portal = "/api/{sender}/portal/signature-jobs"
	return map[string]methods{
		"/api/{sender}": {
			http.MethodGet: {kind: CallRoot, do: s.whoAmI},
		},
		portal: {
			http.MethodPost: {kind: CallCreate, gives: xmlType, find: findReference, read: s.readBundlePart, do: s.create},
			http.MethodGet:  {kind: CallPoll, gives: xmlType, find: s.findNext, do: s.poll},
		},
		portal + "/{id}/complete": {
			http.MethodPost: {kind: CallConfirm, find: s.findJob, read: readNothing, do: s.confirm},
		},
		portal + "/{id}/cancel": {
			http.MethodPost: {kind: CallCancel, find: s.findJob, read: readNothing, do: s.cancel},
		},
		portal + "/{id}/pades": {
			http.MethodGet: {kind: CallPAdES, gives: documentType, find: s.findJob, do: s.pades},
		},
		portal + "/{id}/xades/{n}": {
			http.MethodGet: {kind: CallXAdES, gives: xmlType, find: s.findJob, do: s.xades},
		},
		portal + "/{id}/documents": {
			http.MethodDelete: {kind: CallDelete, find: s.findJob, do: s.deleteDocuments},
		},
		"/api/{sender}/archive/documents/{id}/pades": {
			http.MethodGet: {kind: CallArchive, gives: documentType, find: s.findJob, do: s.archived},
		},
	}
}

// Handler is the portal's API, to be served over mutual TLS (TLSConfig): it takes the
// caller from the client's certificate. It must be served as HTTP/1.1, as the portal is,
// for the faults that cut connections.
func (s *Sandbox) Handler() http.Handler {
	mux := http.NewServeMux()
	for address, takes := range s.routes() {
		mux.HandleFunc(address, func(w http.ResponseWriter, r *http.Request) {
			e, taken := takes[r.Method]
			if !taken {
				e = endpoint{kind: CallOther, do: takes.refuse}
			}
			s.serve(e, w, r)
		})
	}
	elsewhere := func(w http.ResponseWriter, r *http.Request) { s.serve(endpoint{kind: CallOther, do: noSuchCall}, w, r) }
	mux.HandleFunc("/", elsewhere)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Clean(r.URL.Path) != r.URL.Path {
			elsewhere(w, r) // the mux would redirect, which the portal does not
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// refuse is the answer to a method that the address does not take.
func (m methods) refuse(*call) (answer, error) {
	a := errorAnswer(refuseWith(http.StatusMethodNotAllowed, codeInvalidRequest, "the address does not take this method"))
	a.header.Set("Allow", strings.Join(slices.Sorted(maps.Keys(m)), ", "))
	return a, nil
}

func noSuchCall(c *call) (answer, error) {
	if strings.HasPrefix(c.request.URL.Path, "/api/") {
		return answer{}, refuseWith(http.StatusNotFound, codeNotFound, "the portal has no such address")
	}
	return content(http.StatusNotFound, "text/plain;charset=utf-8", []byte("nothing here\n"), "not found"), nil
}

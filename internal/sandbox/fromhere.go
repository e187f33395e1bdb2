package sandbox

import (
	"net"
	"net/http"
	"strings"
)

// maxControlBytes bounds what a call of the control API may send.
const maxControlBytes = 1 << 20

// onlyFromHere lets programs and people on this machine in, and nothing that others make
// their browsers do: a page from elsewhere that posts (Sec-Fetch-Site, Origin), a name of
// its own that it lets point here to read the answers (Host), a frame around the page.
func onlyFromHere(next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection()
	sameOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, &controlProblem{http.StatusForbidden, "the control API takes no requests from pages of others"})
	}))
	next = sameOrigin.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
		w.Header().Set("Cache-Control", "no-store")
		if !isLoopback(r.RemoteAddr) || !isLoopback(r.Host) {
			writeProblem(w, &controlProblem{http.StatusForbidden, "the control API answers this machine only, as 127.0.0.1 or localhost"})
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxControlBytes)
		next.ServeHTTP(w, r)
	})
}

// isLoopback says whether an address, with or without a port, can only mean this machine.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = strings.Trim(address, "[]")
	}
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

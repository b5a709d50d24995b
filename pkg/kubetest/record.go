package kubetest

import (
	"net/http"
	"net/url"
	"sync"
	"time"
)

// RequestRecord is one request that reached the server.
type RequestRecord struct {
	Time   time.Time
	Method string
	Path   string
	Query  url.Values
	Header http.Header // Accept, Content-Type, User-Agent, Impersonate-*, Upgrade, Range
	Proto  string      // "HTTP/2.0"
	Remote string      // the client's address: equal for requests of one connection
}

// journalSize is how many requests are kept: long demos must not fill memory.
const journalSize = 100_000

type journal struct {
	mu      sync.Mutex
	records []RequestRecord
}

func (j *journal) add(r *http.Request) {
	rec := RequestRecord{Time: time.Now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: http.Header{}, Proto: r.Proto, Remote: r.RemoteAddr}
	for _, name := range []string{"Accept", "Content-Type", "User-Agent", "Impersonate-User", "Impersonate-Group", "Upgrade", "Range"} {
		if v := r.Header.Values(name); len(v) > 0 {
			rec.Header[name] = v
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.records) >= journalSize {
		j.records = append([]RequestRecord(nil), j.records[journalSize/2:]...)
	}
	j.records = append(j.records, rec)
}

// Requests are the requests so far, oldest first: the last 50,000 at least.
func (s *Server) Requests() []RequestRecord {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	return append([]RequestRecord(nil), s.journal.records...)
}

// CountRequests says how many of Requests match.
func (s *Server) CountRequests(match func(RequestRecord) bool) int {
	n := 0
	for _, r := range s.Requests() {
		if match(r) {
			n++
		}
	}
	return n
}

// ForgetRequests empties Requests.
func (s *Server) ForgetRequests() {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.journal.records = nil
}

package main

import (
	"slices"
	"strings"
	"sync"
)

// The one account of the stand-in.
const (
	accessKeyID     = "AKIAIOSFODNN7STANDIN"
	secretAccessKey = "standin/secret/access/key/of/fortyABCDEF"
	principal       = "arn:aws:iam::123456789012:user/cert-manager"
)

// world is the DNS: hosted zones with their TXT records, and what AWS denies.
type world struct {
	mu     sync.Mutex
	zones  map[string]string   // id of a zone, by its name with a dot at the end
	txt    map[string][]string // values, by the record's name with a dot at the end
	denied map[string]bool     // actions, as "route53:GetChange"
}

func newWorld() *world {
	return &world{
		zones: map[string]string{"example.test.": "Z0EXAMPLE"}, txt: map[string][]string{}, denied: map[string]bool{},
	}
}

// zoneOf returns the longest zone that a name is in.
func (w *world) zoneOf(name string) (zone string, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for z := range w.zones {
		if (name == z || strings.HasSuffix(name, "."+z)) && len(z) > len(zone) {
			zone = z
		}
	}
	return zone, zone != ""
}

func (w *world) values(name string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.txt[strings.ToLower(name)])
}

func (w *world) set(name string, values []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(values) == 0 {
		delete(w.txt, strings.ToLower(name))
		return
	}
	w.txt[strings.ToLower(name)] = values
}

func (w *world) denies(action string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.denied[action]
}

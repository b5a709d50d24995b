// Package standin stands in for AWS: Route 53, as much of it as cert-manager calls, and
// the DNS servers that answer for its zones. Each user has a policy of its own, so that
// tests that run at the same time do not meet.
package standin

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// User is a user of IAM with the one access key that it has.
type User struct {
	AccessKeyID     string `json:"accessKeyID"`
	SecretAccessKey string `json:"secretAccessKey"`
}

// account is a User with its name and what its policy does not allow.
type account struct {
	User
	name   string
	denied map[string]bool // actions, as "route53:GetChange"
}

// arn is how AWS names the user where it denies something.
func (a *account) arn() string { return "arn:aws:iam::123456789012:user/" + a.name }

// World is all that tests change: hosted zones with their TXT records, and users.
type World struct {
	mu    sync.Mutex
	zones map[string]string   // id by name with a dot at the end; of another account, it is empty
	txt   map[string][]string // values, by the record's name with a dot at the end
	users map[string]*account // by their names
}

// NewWorld returns one with the zone example.test and no users.
func NewWorld() *World {
	return &World{zones: map[string]string{"example.test.": "Z0EXAMPLE"}, txt: map[string][]string{}, users: map[string]*account{}}
}

// user returns the user of a name, and makes it where there is none. The keys have the
// shapes of AWS's, and open nothing.
func (w *World) user(name string) User {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.users[name]
	if a == nil {
		n := len(w.users)
		a = &account{User{fmt.Sprintf("AKIASTANDIN%09d", n), fmt.Sprintf("standin/secret/access/key/of/forty%06d", n)}, name, map[string]bool{}}
		w.users[name] = a
	}
	return a.User
}

func (w *World) byKey(accessKeyID string) *account {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, a := range w.users {
		if a.AccessKeyID == accessKeyID {
			return a
		}
	}
	return nil
}

func (w *World) deny(name, action string, denied bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := w.users[name]
	if a == nil {
		return fmt.Errorf("there is no user %q", name)
	}
	a.denied[action] = denied
	return nil
}

func (w *World) denies(a *account, action string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return a.denied[action]
}

func (w *World) zone(name, id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.zones[name] = id
}

// zoneOf returns the longest zone that a name is in.
func (w *World) zoneOf(name string) (zone string, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for z := range w.zones {
		if (name == z || strings.HasSuffix(name, "."+z)) && len(z) > len(zone) {
			zone = z
		}
	}
	return zone, zone != ""
}

// zoneByID returns the name of a zone.
func (w *World) zoneByID(id string) (zone string, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for name, one := range w.zones {
		if one == id && id != "" {
			return name, true
		}
	}
	return "", false
}

func (w *World) values(name string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.txt[strings.ToLower(name)])
}

// change adds values to a record, or takes them away; other values stay, as they do in
// cert-manager's multi-value records.
func (w *World) change(name string, values []string, remove bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	name = strings.ToLower(name)
	left := slices.DeleteFunc(slices.Clone(w.txt[name]), func(v string) bool { return slices.Contains(values, v) })
	if !remove {
		left = append(left, values...)
	}
	if w.txt[name] = left; len(left) == 0 {
		delete(w.txt, name)
	}
}

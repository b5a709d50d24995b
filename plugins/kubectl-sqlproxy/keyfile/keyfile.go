// Package keyfile looks at what is meant to be a service account's key and says what it
// is, without keeping any of its secrets.
package keyfile

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
)

// Fault is why a value is no service account's key.
type Fault string

// The faults. Empty makes the proxy fall back to Application Default Credentials: on
// GKE the node's account.
const (
	Good         Fault = ""
	Empty        Fault = "empty"
	NotJSON      Fault = "not JSON"
	TwiceEncoded Fault = "base64 of base64"
	NoType       Fault = "no type"
	NoEmail      Fault = "no client_email"
	NoKey        Fault = "no private_key"
	BadKey       Fault = "private_key is no PEM key"
	OtherType    Fault = "another type" // external_account, authorized_user, …
)

// Shape is what may be said of a value.
type Shape struct {
	Length int // bytes
	Fault  Fault
	// Type is the JSON's own: "service_account" of a key.
	Type string
	// Email and Project are of a key that can be read.
	Email, Project string
}

// String says it in a few words, without a secret.
func (s Shape) String() string {
	switch {
	case s.Fault == OtherType:
		return fmt.Sprintf("%d bytes, credentials of type %q", s.Length, s.Type)
	case s.Fault != Good:
		return fmt.Sprintf("%d bytes, %s", s.Length, s.Fault)
	}
	return fmt.Sprintf("%d bytes, the key of %s", s.Length, s.Email)
}

// Usable reports whether the proxy can take the value for credentials.
func (s Shape) Usable() bool { return s.Fault == Good || s.Fault == OtherType }

// Inspect looks at a value.
func Inspect(value []byte) Shape {
	s := Shape{Length: len(value)}
	value = bytes.TrimSpace(value)
	var key struct {
		Type        string `json:"type"`
		ClientEmail string `json:"client_email"`
		ProjectID   string `json:"project_id"`
		PrivateKey  string `json:"private_key"`
	}
	switch {
	case len(value) == 0:
		s.Fault = Empty
	case json.Unmarshal(value, &key) != nil && json.Valid(value):
		s.Fault = NoType // JSON, and no object with texts
	case json.Unmarshal(value, &key) != nil:
		s.Fault = NotJSON
		if inner, err := base64.StdEncoding.DecodeString(string(value)); err == nil && json.Valid(inner) {
			s.Fault = TwiceEncoded
		}
	case key.Type == "":
		s.Fault = NoType
	case key.Type != "service_account":
		s.Fault, s.Type = OtherType, known(key.Type)
	case !isEmail(key.ClientEmail):
		s.Fault = NoEmail
	case key.PrivateKey == "":
		s.Fault = NoKey
	case !isKey(key.PrivateKey):
		s.Fault = BadKey
	}
	if s.Fault == Good {
		s.Type, s.Email = key.Type, key.ClientEmail
		if isProject(key.ProjectID) {
			s.Project = key.ProjectID
		}
	}
	return s
}

// isEmail wants the letters of addresses of service accounts: Email is shown, and what
// was put in the wrong place, a key, say, must not be. The longest address has a name of
// 30 and a domain-scoped project.
func isEmail(text string) bool {
	name, domain, found := strings.Cut(text, "@")
	return found && name != "" && domain != "" && len(text) <= 254 && !strings.ContainsFunc(name+domain, odd)
}

// isProject wants an ID, with its domain where it has one.
func isProject(text string) bool {
	return text != "" && len(text) <= 254 && !strings.ContainsFunc(strings.Replace(text, ":", "", 1), odd)
}

func odd(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
}

// known is a type that Google's libraries know; others may be anything.
func known(name string) string {
	switch name {
	case "authorized_user", "external_account", "external_account_authorized_user", "impersonated_service_account", "gdch_service_account":
		return name
	}
	return "unknown"
}

func isKey(text string) bool {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return false
	}
	if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
		return true
	}
	_, err := x509.ParsePKCS1PrivateKey(block.Bytes)
	return err == nil
}

package chain

import (
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// Secret is what may be known of a Secret: nothing that would let anybody use it.
type Secret struct {
	Meta
	Type string
	// Keys are the keys of the data, in order, with what their values look like.
	Keys []Value
	// TLS is what tls.crt and tls.key hold; nil if neither is there.
	TLS *material.Pair
	// Generic is what cert and key hold, which Istio prefers; nil if neither is there.
	Generic *material.Pair
	// CA is what ca.crt holds, GenericCA what cacert holds; nil if it is not there.
	CA, GenericCA *material.Bundle
}

// Value is one key of a Secret.
type Value struct {
	Key    string
	Length int // bytes
	Text   Text
}

// Text is the shape of a value that should be a word, as a password or a token.
type Text struct {
	// Space is white space around the word: "newline", "carriage return", "blank";
	// empty if there is none. Inside says that there is some inside.
	Space  string
	Inside bool
	Quoted bool // it is in quotes
	// Base64 says that it is base64 of an AWS key, or of one with a newline: it was
	// encoded twice.
	Base64 bool
	// AWS says which of the two halves of an AWS access key it looks like, white
	// space, quotes and a second base64 aside.
	AWS AWSShape
	// Start are the first four letters of an access key ID, which tell its kind and
	// are no secret; empty for all else.
	Start string
}

// AWSShape is what a text looks like to AWS.
type AWSShape string

// The shapes.
const (
	AWSNone      AWSShape = ""
	AWSKeyID     AWSShape = "access key ID"
	AWSTemporary AWSShape = "temporary access key ID" // ASIA…: of no use without a session token
	AWSSecretKey AWSShape = "secret access key"
)

// Value returns the value of a key; nil if the Secret has none.
func (s *Secret) Value(key string) *Value {
	for i := range s.Keys {
		if s.Keys[i].Key == key {
			return &s.Keys[i]
		}
	}
	return nil
}

// Names are the keys of the data.
func (s *Secret) Names() []string {
	names := make([]string, len(s.Keys))
	for i := range s.Keys {
		names[i] = s.Keys[i].Key
	}
	return names
}

// Has reports whether the key is there and not empty.
func (s *Secret) Has(key string) bool {
	v := s.Value(key)
	return v != nil && v.Length > 0
}

// Served returns the pair that Istio's gateways serve: that of cert and key, if both
// are there, else that of tls.crt and tls.key. It is nil if there is none.
func (s *Secret) Served() *material.Pair {
	if s.Has("cert") && s.Has("key") {
		return s.Generic
	}
	return s.TLS
}

// Leaf returns the server's own certificate of tls.crt; nil if there is none.
func (s *Secret) Leaf() *material.Certificate { return leafOf(s.TLS) }

func leafOf(p *material.Pair) *material.Certificate {
	if p == nil || p.Chain == nil || p.Chain.Leaf < 0 {
		return nil
	}
	return p.Chain.Certificates[p.Chain.Leaf]
}

// textual is how long a value may be to be taken for a word, in bytes.
const textual = 512

// shapeOf says what a value looks like. It keeps no part of it but the four letters
// by which AWS marks kinds of keys.
func shapeOf(value []byte) Text {
	if len(value) > textual {
		return Text{}
	}
	var t Text
	word := strings.TrimSpace(string(value))
	switch around := strings.Replace(string(value), word, "", 1); {
	case strings.Contains(around, "\r"):
		t.Space = "carriage return"
	case strings.Contains(around, "\n"):
		t.Space = "newline"
	case around != "":
		t.Space = "blank"
	}
	t.Inside = strings.ContainsAny(word, " \t\r\n")
	if len(word) > 1 && (word[0] == '"' || word[0] == '\'') && word[len(word)-1] == word[0] {
		t.Quoted, word = true, word[1:len(word)-1]
	}
	if t.AWS = awsShape(word); t.AWS == AWSNone {
		if inner, ok := decoded(word); ok {
			if t.AWS = awsShape(strings.TrimSpace(inner)); t.AWS != AWSNone {
				t.Base64, word = true, strings.TrimSpace(inner)
			}
		}
	}
	if t.AWS == AWSKeyID || t.AWS == AWSTemporary {
		t.Start = word[:4]
	}
	return t
}

func awsShape(word string) AWSShape {
	const capitals, digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	keyID := len(word) == 20 && strings.Trim(word, capitals+digits) == ""
	switch {
	case keyID && strings.HasPrefix(word, "AKIA"):
		return AWSKeyID
	case keyID && strings.HasPrefix(word, "ASIA"):
		return AWSTemporary
	case len(word) == 40 && strings.Trim(word, "abcdefghijklmnopqrstuvwxyz/+"+capitals+digits) == "":
		return AWSSecretKey
	}
	return AWSNone
}

// ShapeOf says what a text looks like that is written in a manifest, as an access key
// ID is.
func ShapeOf(text string) Text { return shapeOf([]byte(text)) }

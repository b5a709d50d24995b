package chain

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// addSecret looks into a Secret and keeps what may be known of it.
func (s *Snapshot) addSecret(m Meta, raw []byte) error {
	var o struct {
		Type       string
		Data       map[string]string
		StringData map[string]string
	}
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	secret := &Secret{Meta: m, Type: o.Type}
	if secret.Type == "" {
		secret.Type = "Opaque"
	}
	data := make(map[string][]byte, len(o.Data)+len(o.StringData))
	for key, text := range o.Data {
		value, err := base64.StdEncoding.DecodeString(strings.NewReplacer("\n", "", "\r", "", " ", "").Replace(text))
		if err != nil {
			// One value that is none does not make the others unknown.
			s.problem(m.Object, fmt.Sprintf("The value of %s in the Secret's data cannot be read.", key), err)
			continue
		}
		data[key] = value
	}
	for key, text := range o.StringData {
		data[key] = []byte(text)
	}
	for _, key := range slices.Sorted(maps.Keys(data)) {
		secret.Keys = append(secret.Keys, Value{Key: key, Length: len(data[key]), Text: shapeOf(data[key])})
	}
	secret.TLS = s.pairOf(data, "tls.crt", "tls.key")
	secret.Generic = s.pairOf(data, "cert", "key")
	secret.CA = s.bundleOf(data, "ca.crt")
	secret.GenericCA = s.bundleOf(data, "cacert")
	s.Secrets = append(s.Secrets, secret)
	return nil
}

func (s *Snapshot) pairOf(data map[string][]byte, certificate, key string) *material.Pair {
	_, one := data[certificate]
	_, other := data[key]
	if !one && !other {
		return nil
	}
	pair := material.ParsePair(data[certificate], data[key])
	s.share(pair.Certificates)
	for i, c := range pair.Chain.Certificates {
		pair.Chain.Certificates[i] = s.one(c)
	}
	return pair
}

func (s *Snapshot) bundleOf(data map[string][]byte, key string) *material.Bundle {
	value, ok := data[key]
	if !ok {
		return nil
	}
	bundle := material.Parse(value, material.Certificates)
	s.share(bundle)
	return bundle
}

// share lets Secrets with the same certificate have one in memory: thousands of them hold
// the same few intermediates.
func (s *Snapshot) share(b *material.Bundle) {
	for i := range b.Blocks {
		if c := b.Blocks[i].Certificate; c != nil {
			b.Blocks[i].Certificate = s.one(c)
		}
	}
}

// one is the first certificate that is the same.
func (s *Snapshot) one(c *material.Certificate) *material.Certificate {
	if known, ok := s.shared[c.SHA256]; ok {
		return known
	}
	if s.shared == nil {
		s.shared = map[string]*material.Certificate{}
	}
	s.shared[c.SHA256] = c
	return c
}

// decoded is what a text is base64 of.
func decoded(text string) (string, bool) {
	raw, err := base64.StdEncoding.DecodeString(text)
	return string(raw), err == nil && len(raw) > 0
}

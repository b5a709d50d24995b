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
	secret.TLS = pairOf(data, "tls.crt", "tls.key")
	secret.Generic = pairOf(data, "cert", "key")
	secret.CA = bundleOf(data, "ca.crt")
	secret.GenericCA = bundleOf(data, "cacert")
	s.Secrets = append(s.Secrets, secret)
	return nil
}

func pairOf(data map[string][]byte, certificate, key string) *material.Pair {
	_, one := data[certificate]
	_, other := data[key]
	if !one && !other {
		return nil
	}
	return material.ParsePair(data[certificate], data[key])
}

func bundleOf(data map[string][]byte, key string) *material.Bundle {
	value, ok := data[key]
	if !ok {
		return nil
	}
	return material.Parse(value, material.Certificates)
}

// decoded is what a text is base64 of.
func decoded(text string) (string, bool) {
	raw, err := base64.StdEncoding.DecodeString(text)
	return string(raw), err == nil && len(raw) > 0
}

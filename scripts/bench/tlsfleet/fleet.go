// Package tlsfleet makes up the objects of a large cluster that matter to TLS:
// Gateways of Istio, Ingresses, pods, their Secrets, and what cert-manager fills those
// by. Most is in order; one object in twenty or so is not. Benchmarks read it, from a
// scripted API server or at once.
package tlsfleet

import (
	"encoding/json"
	"fmt"
	"time"
)

// Size is how many objects of a kind there are.
type Size struct {
	Gateways, Ingresses, Pods int
	// Secrets are all of type kubernetes.io/tls, the first ones filled by Certificates.
	Secrets, Certificates int
}

// Large is a cluster of the size that kubectl-certcheck is held to.
func Large() Size {
	return Size{Gateways: 500, Ingresses: 300, Pods: 5000, Secrets: 5000, Certificates: 2000}
}

const (
	namespaces  = 50
	routers     = 3 // pods that serve all Gateways
	replicas    = 5 // pods of a Deployment
	flawed      = 20
	lifetime    = 90 * day
	istioSystem = "istio-system"
	certManager = "cert-manager"
)

// object is one as JSON has it, or a part of one.
type object = map[string]any

// fleet gives each object to do. The first error ends it.
type fleet struct {
	Size
	*mint
	now time.Time
	do  func([]byte) error
	err error
}

// Each makes a fleet as of now, and calls do for each object of it, as JSON. The error
// is do's first, or that of making certificates.
func Each(size Size, now time.Time, do func([]byte) error) error {
	m, err := newMint(now)
	if err != nil {
		return err
	}
	f := &fleet{Size: size, mint: m, now: now, do: do}
	f.system()
	for i := range size.Secrets {
		f.secret(i)
	}
	for i := range size.Certificates {
		f.certificate(i)
	}
	for i := range size.Gateways {
		f.gateway(i)
	}
	for i := range size.Ingresses {
		f.ingress(i)
	}
	for i := range size.Pods {
		f.pod(i)
	}
	return f.err
}

// The Secrets are dealt out in order: to Gateways, then to Ingresses, then to pods.
// That of a Gateway is where its pods are.

// secretNamespace is where Secret i is.
func (f *fleet) secretNamespace(i int) string {
	if i < f.Gateways {
		return istioSystem
	}
	return team(i)
}

func secretName(i int) string       { return fmt.Sprintf("service-%05d-tls", i) }
func host(i int) string             { return fmt.Sprintf("service-%05d.example.com", i) }
func team(i int) string             { return fmt.Sprintf("team-%02d", i%namespaces) }
func uid(kind string, i int) string { return fmt.Sprintf("%s-0000-4000-8000-%012d", kind, i) }

// span is the validity of the certificate in Secret i. One in 20 has ended.
func (f *fleet) span(i int) (from, until time.Time) {
	left := lifetime - time.Duration(i%50)*day
	if bad(i, 3) {
		left = -day
	}
	return f.now.Add(left - lifetime), f.now.Add(left)
}

// bad picks one object in 20, by which.
func bad(i, which int) bool { return i%flawed == which }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// add gives an object to do. metadata has what is not made up here.
func (f *fleet) add(apiVersion, kind, namespace, name string, metadata, rest object) {
	if f.err != nil {
		return
	}
	m := object{"name": name, "creationTimestamp": stamp(f.now.Add(-lifetime)), "managedFields": managed(apiVersion, kind)}
	if namespace != "" {
		m["namespace"] = namespace
	}
	for key, value := range metadata {
		m[key] = value
	}
	o := object{"apiVersion": apiVersion, "kind": kind, "metadata": m}
	for key, value := range rest {
		o[key] = value
	}
	raw, err := json.Marshal(o)
	if err == nil {
		err = f.do(raw)
	}
	f.err = err
}

// managed is about as long as what the API server writes for an object of the kind.
func managed(apiVersion, kind string) []any {
	fields := object{}
	for _, key := range []string{"f:spec", "f:metadata", "f:data"} {
		if (key == "f:data") != (kind == "Secret") && key != "f:metadata" {
			continue
		}
		part := object{".": object{}}
		for _, name := range []string{"tls.crt", "tls.key", "replicas", "selector", "template", "annotations", "labels"} {
			part["f:"+name] = object{}
		}
		fields[key] = part
	}
	return []any{object{"manager": "controller", "operation": "Update", "apiVersion": apiVersion, "fieldsType": "FieldsV1",
		"time": "2026-01-02T03:04:05Z", "fieldsV1": fields}}
}

package kubetest

import (
	"encoding/json"
	"net/http"
	"strings"
)

// mustJSON encodes data that always marshals.
func mustJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// serveOpenAPI serves the little of OpenAPI v3 that kubectl needs before it
// writes: that every kind's PATCH knows fieldValidation, so that kubectl leaves
// validation to the server. There are no schemas.
func (s *Server) serveOpenAPI(w http.ResponseWriter, path string) {
	type m = map[string]any
	docs := map[string]m{}
	for _, r := range s.store.resources() {
		doc := "apis/" + r.apiVersion()
		if r.Group == "" {
			doc = "api/" + r.Version
		}
		if docs[doc] == nil {
			docs[doc] = m{}
		}
		url := "/" + doc
		if r.Namespaced {
			url += "/namespaces/{namespace}"
		}
		docs[doc][url+"/"+r.Plural+"/{name}"] = m{"patch": m{
			"parameters":                      []m{{"name": "fieldValidation", "in": "query", "schema": m{"type": "string"}}},
			"responses":                       m{"200": m{"description": "OK"}},
			"x-kubernetes-action":             "patch",
			"x-kubernetes-group-version-kind": m{"group": r.Group, "version": r.Version, "kind": r.Kind},
		}}
	}
	doc := strings.Trim(strings.TrimPrefix(path, "/openapi/v3"), "/")
	if doc == "" {
		paths := m{}
		for name := range docs {
			paths[name] = m{"serverRelativeURL": "/openapi/v3/" + name}
		}
		writeJSON(w, http.StatusOK, m{"paths": paths})
		return
	}
	if docs[doc] == nil {
		writeError(w, noSuchPath())
		return
	}
	writeJSON(w, http.StatusOK, m{"openapi": "3.0.0", "info": m{"title": "Kubernetes", "version": s.opts.version}, "paths": docs[doc], "components": m{"schemas": m{}}})
}

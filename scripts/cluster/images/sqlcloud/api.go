package main

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// certificateLife is as long as Google's. The proxy asks for a new one some minutes before.
const certificateLife = time.Hour

const signing = ":generateEphemeralCert"

// api is the part of the Admin API that proxies use.
type api struct {
	known instances
	keys  authorities
}

func newAPI(known instances, keys authorities) http.Handler {
	a := &api{known: known, keys: keys}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sql/v1beta4/projects/{project}/instances/{instance}/connectSettings", a.connectSettings)
	mux.HandleFunc("POST /sql/v1beta4/projects/{project}/instances/{call}", a.generateEphemeralCert)
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"access_token": "sqlcloud", "token_type": "Bearer", "expires_in": 3600})
	})
	return mux
}

// settings is the answer to connectSettings.
type settings struct {
	Kind            string      `json:"kind"`
	BackendType     string      `json:"backendType"`
	DatabaseVersion string      `json:"databaseVersion"`
	Region          string      `json:"region"`
	IPAddresses     []ipAddress `json:"ipAddresses"`
	ServerCACert    certificate `json:"serverCaCert"`
}

type ipAddress struct {
	Type      string `json:"type"`
	IPAddress string `json:"ipAddress"`
}

type certificate struct {
	Kind string `json:"kind"`
	Cert string `json:"cert"` // PEM
}

func settingsOf(i instance) settings {
	s := settings{Kind: "sql#connectSettings", BackendType: "SECOND_GEN", DatabaseVersion: i.version, Region: i.region}
	if i.ip != "" {
		s.IPAddresses = append(s.IPAddresses, ipAddress{"PRIMARY", i.ip})
	}
	if i.privateIP != "" {
		s.IPAddresses = append(s.IPAddresses, ipAddress{"PRIVATE", i.privateIP})
	}
	return s
}

// look gives what is known of an instance, or the error that the API answers.
func (a *api) look(project, name string) (settings, *fault) {
	if i, found := a.known.find(project, name); found {
		return settingsOf(i), nil
	}
	short := shortName(name)
	if f, found := faultOf(short); found {
		return settings{}, &f
	}
	if s, found := twist(short, a.known[0]); found {
		return s, nil
	}
	f := unknownInstance()
	return settings{}, &f
}

func (a *api) connectSettings(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("instance")
	s, f := a.look(r.PathValue("project"), name)
	if f != nil {
		refuse(w, *f)
		return
	}
	authority := a.keys.server
	if shortName(name) == otherCA {
		authority = newAuthority(a.keys.seed, "another authority")
	}
	if authority.err != nil {
		refuse(w, fault{http.StatusInternalServerError, "internalError", authority.err.Error()})
		return
	}
	s.ServerCACert = certificate{Kind: "sql#sslCert", Cert: toPEM(authority.certificate.Raw)}
	answer(w, http.StatusOK, s)
}

func (a *api) generateEphemeralCert(w http.ResponseWriter, r *http.Request) {
	name, found := strings.CutSuffix(r.PathValue("call"), signing)
	if !found {
		http.NotFound(w, r)
		return
	}
	if _, f := a.look(r.PathValue("project"), name); f != nil {
		refuse(w, *f)
		return
	}
	der, err := a.signClient(r)
	if err != nil {
		refuse(w, fault{http.StatusBadRequest, "invalid", err.Error()})
		return
	}
	answer(w, http.StatusOK, map[string]any{"ephemeralCert": certificate{Kind: "sql#sslCert", Cert: toPEM(der)}})
}

// signClient makes the certificate for the key that a request has in it.
func (a *api) signClient(r *http.Request) ([]byte, error) {
	var request struct {
		PublicKey string `json:"public_key"`
	}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		return nil, err
	}
	block, _ := pem.Decode([]byte(request.PublicKey))
	if block == nil {
		return nil, fmt.Errorf("public_key is not PEM")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	return a.keys.clients.sign("Google Cloud SQL Client", key, x509.ExtKeyUsageClientAuth, certificateLife)
}

func toPEM(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// refuse answers with an error in the form of Google's APIs.
func refuse(w http.ResponseWriter, f fault) {
	answer(w, f.code, map[string]any{"error": map[string]any{"code": f.code, "message": f.message,
		"errors": []any{map[string]any{"message": f.message, "domain": "global", "reason": f.reason}}}})
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}

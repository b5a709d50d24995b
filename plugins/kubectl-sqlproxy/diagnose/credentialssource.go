package diagnose

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/keyfile"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// sourceKind is what kind of credentials a proxy is told to use.
type sourceKind int

const (
	sourceNone    sourceKind = iota // Application Default Credentials of the node or the pod
	sourceFile                      // a key file
	sourceJSON                      // a key in the environment or an argument
	sourceToken                     // a token, or gcloud
	sourceUnknown                   // nobody could look
)

// keySource is where a proxy's credentials come from.
type keySource struct {
	kind sourceKind
	// option is the flag or variable that says it.
	option string
	// path is a key file's, file what is there.
	path string
	file snapshot.MountedFile
	// secret and key are whose value it is, "" where it is no Secret's.
	secret, key string
	// literal is the shape of a key that stands in the manifest itself.
	literal *keyfile.Shape
}

// keySource finds where the credentials come from: the first that the proxy would take.
func (s *subject) keySource() keySource {
	k := &s.Spec.Credentials
	flag := func(name string) string {
		if s.Spec.Engine == proxy.V1 {
			return "-" + map[string]string{"credentials-file": "credential_file"}[name]
		}
		return "--" + name
	}
	switch {
	case s.Spec.Engine != proxy.V1 && (k.Token != "" || s.fromEnv("TOKEN") != nil):
		return keySource{kind: sourceToken, option: "--token"}
	case k.File != "":
		return s.fileSource(flag("credentials-file"), k.File)
	case s.fromEnv("CREDENTIALS_FILE") != nil:
		return keySource{kind: sourceUnknown}
	case k.Token != "":
		return keySource{kind: sourceToken, option: "-token"}
	case k.JSON != "":
		return s.jsonSource(string(k.JSON))
	case s.fromEnv("JSON_CREDENTIALS") != nil:
		return s.secretSource(s.fromEnv("JSON_CREDENTIALS"))
	case k.Gcloud:
		return keySource{kind: sourceToken, option: "--gcloud-auth"}
	case k.Default != "":
		return s.fileSource("GOOGLE_APPLICATION_CREDENTIALS", k.Default)
	case s.variable("GOOGLE_APPLICATION_CREDENTIALS") != nil, s.Spec.ConfigFile != "", s.unreadEnvironment():
		return keySource{kind: sourceUnknown}
	}
	return keySource{}
}

// fromEnv is a variable of the proxy's that a Secret or a field gives, nil for none.
func (s *subject) fromEnv(name string) *corev1.EnvVar {
	prefix := map[proxy.Engine]string{proxy.V2: "CSQL_PROXY_", proxy.AlloyDB: "ALLOYDB_PROXY_"}[s.Spec.Engine]
	if e := s.variable(prefix + name); prefix != "" && e != nil && e.ValueFrom != nil {
		return e
	}
	return nil
}

// unreadEnvironment reports whether a Secret, or a ConfigMap that is not known, may hold
// variables with credentials.
func (s *subject) unreadEnvironment() bool {
	return slices.ContainsFunc(s.Container.EnvFrom, func(e corev1.EnvFromSource) bool { return e.SecretRef != nil })
}

func (s *subject) fileSource(option, path string) keySource {
	if variableIn(path) != "" {
		return keySource{kind: sourceUnknown}
	}
	from := keySource{kind: sourceFile, option: option, path: path, file: s.FileAt(path)}
	if from.file.State == snapshot.FileOfKey && from.file.Kind == "Secret" {
		from.secret, from.key = from.file.Name, from.file.Key
	}
	return from
}

func (s *subject) jsonSource(text string) keySource {
	if name := variableIn(text); name != "" {
		if e := s.variable(name); e != nil {
			return s.secretSource(e)
		}
		return keySource{kind: sourceUnknown}
	}
	shape := keyfile.Inspect([]byte(text))
	return keySource{kind: sourceJSON, option: "--json-credentials", literal: &shape}
}

// secretSource is a key that a variable holds.
func (s *subject) secretSource(e *corev1.EnvVar) keySource {
	if e.ValueFrom == nil || e.ValueFrom.SecretKeyRef == nil {
		return keySource{kind: sourceUnknown}
	}
	ref := e.ValueFrom.SecretKeyRef
	return keySource{kind: sourceJSON, option: e.Name, secret: ref.Name, key: ref.Key}
}

// told is evidence of a source: the argument or variable that says it.
func (from *keySource) told(s *subject) []finding.Evidence {
	if from.path == "" {
		return quote(s.Path, from.option)
	}
	for _, list := range []struct {
		name  string
		texts []string
	}{{proxy.Args, s.Container.Args}, {proxy.Command, s.Container.Command}} {
		for i, text := range list.texts {
			if strings.HasSuffix(text, from.path) {
				return quote(fmt.Sprintf("%s.%s[%d]", s.Path, list.name, i), s.shownArgument(text))
			}
		}
	}
	return quote(s.Path, from.option+"="+shownName(from.path))
}

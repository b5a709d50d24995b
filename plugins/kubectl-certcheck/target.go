package main

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/rules"
)

// kinds are the types that a target may have, by their names for kubectl.
func kinds() map[string]string {
	all := map[string]string{
		"gw": "gateway", "gtw": "gateway", "ing": "ingress", "ingresses": "ingress", "po": "pod", "cert": "certificate", "certs": "certificate",
		"lset": "listenerset", "crd": "customresourcedefinition", "crds": "customresourcedefinition",
	}
	for _, kind := range kindNames() {
		all[kind] = kind
		if kind != "ingress" {
			all[kind+"s"] = kind
		}
	}
	return all
}

// kindNames are the words that completion offers.
func kindNames() []string {
	return []string{"gateway", "ingress", "certificate", "secret", "issuer", "clusterissuer", "pod", "listenerset",
		"validatingwebhookconfiguration", "mutatingwebhookconfiguration", "apiservice", "customresourcedefinition"}
}

// isClusterWide reports whether a target is in no namespace.
func isClusterWide(t rules.Target) bool {
	kind, _, _ := strings.Cut(t.Kind, ".")
	switch kind {
	case "clusterissuer", "validatingwebhookconfiguration", "mutatingwebhookconfiguration", "apiservice", "customresourcedefinition":
		return true
	}
	return false
}

// joinTypeAndName makes TYPE/NAME of kubectl's other form, TYPE NAME.
func joinTypeAndName(args []string) []string {
	if len(args) < 2 {
		return args
	}
	if _, ok := parseType(args[0]); !ok {
		return args // gateway.example.com is a host, too
	}
	var joined []string
	for _, name := range args[1:] {
		joined = append(joined, args[0]+"/"+name)
	}
	return joined
}

// groups are the API groups that a type may be of.
func groups() []string {
	return []string{
		chain.IstioGroup, chain.GatewayAPIGroup, chain.Group, chain.OldGroup, "networking.k8s.io", "extensions",
		"admissionregistration.k8s.io", "apiregistration.k8s.io", "apiextensions.k8s.io",
	}
}

// parseType reads TYPE or TYPE.GROUP, and returns it as rules.Target has it.
func parseType(word string) (kind string, ok bool) {
	word, group, grouped := strings.Cut(strings.ToLower(word), ".")
	kind, ok = kinds()[word]
	switch {
	case !ok || (grouped && !slices.Contains(groups(), group)):
		return "", false
	case grouped:
		kind += "." + group
	}
	return kind, true
}

// parseTarget reads TYPE/NAME, TYPE.GROUP/NAME or a host name.
func parseTarget(arg string) (rules.Target, error) {
	word, name, slash := strings.Cut(arg, "/")
	if !slash || strings.Contains(arg, "://") {
		return parseHost(arg)
	}
	kind, ok := parseType(word)
	switch {
	case !ok:
		return rules.Target{}, fmt.Errorf("%s: certcheck knows no type %q; it knows %s, and host names", arg, word, strings.Join(kindNames(), ", "))
	case name == "" || strings.Contains(name, "/"):
		return rules.Target{}, fmt.Errorf("%s: want TYPE/NAME; the namespace is told by -n", arg)
	}
	return rules.Target{Kind: kind, Name: name}, nil
}

// parseHost reads a host name, perhaps with a port, or out of a URL.
func parseHost(arg string) (rules.Target, error) {
	host := arg
	if _, rest, ok := strings.Cut(arg, "://"); ok {
		host, _, _ = strings.Cut(rest, "/")
	}
	if name, port, err := net.SplitHostPort(host); err == nil && checkPort(port) == nil {
		host = name
	}
	host = strings.TrimSuffix(host, ".")
	_, isType := parseType(arg)
	switch {
	case arg == "":
		return rules.Target{}, errors.New("an argument is empty; want TYPE/NAME or a host name")
	case isType:
		return rules.Target{}, fmt.Errorf("which %s? Want %s/NAME", arg, arg)
	case !isHost(host):
		return rules.Target{}, fmt.Errorf("%q is neither TYPE/NAME (of %s) nor a host name", arg, strings.Join(kindNames(), ", "))
	}
	return rules.Target{Host: strings.ToLower(host)}, nil
}

// isHost reports whether a text can be a host of a server, which may be a wildcard.
func isHost(host string) bool {
	return strings.Contains(host, ".") && !strings.ContainsFunc(host, func(r rune) bool {
		return r <= ' ' || r == 0x7f || strings.ContainsRune("/\\:@?#[]\"'", r)
	})
}

// checkAddress says what is wrong with a HOST:PORT.
func checkAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return errors.New("want HOST:PORT, as in 203.0.113.10:443")
	}
	if host == "" {
		return errors.New("the host is missing")
	}
	return checkPort(port)
}

func checkPort(port string) error {
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("%q is no port", port)
	}
	return nil
}

// inNamespaces gives each target the namespaces to look in.
func inNamespaces(targets []rules.Target, namespaces []string) []rules.Target {
	all := slices.Clone(targets)
	for i := range all {
		all[i].Namespaces = namespaces
	}
	return all
}

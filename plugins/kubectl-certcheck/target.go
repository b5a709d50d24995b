package main

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/rules"
)

// kinds are the types that a target may have, by their names for kubectl.
func kinds() map[string]string {
	all := map[string]string{
		"gw": "gateway", "gtw": "gateway", "ing": "ingress", "ingresses": "ingress", "po": "pod", "cert": "certificate", "certs": "certificate",
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

// joinTypeAndName makes TYPE/NAME of kubectl's other form, TYPE NAME.
func joinTypeAndName(args []string) []string {
	if len(args) < 2 || strings.ContainsAny(args[0], "/") || kinds()[kindOf(args[0])] == "" {
		return args
	}
	var joined []string
	for _, name := range args[1:] {
		joined = append(joined, args[0]+"/"+name)
	}
	return joined
}

// kindOf is a type without its group.
func kindOf(word string) string {
	kind, _, _ := strings.Cut(strings.ToLower(word), ".")
	return kind
}

// parseTarget reads TYPE/NAME, TYPE.GROUP/NAME or a host name.
func parseTarget(arg string) (rules.Target, error) {
	word, name, slash := strings.Cut(arg, "/")
	if !slash {
		return parseHost(arg)
	}
	kind, ok := kinds()[kindOf(word)]
	switch {
	case !ok:
		return rules.Target{}, fmt.Errorf("%s: certcheck knows no type %q; it knows %s, and host names", arg, word, strings.Join(kindNames(), ", "))
	case name == "" || strings.Contains(name, "/"):
		return rules.Target{}, fmt.Errorf("%s: want TYPE/NAME; the namespace is told by -n", arg)
	}
	if _, group, found := strings.Cut(strings.ToLower(word), "."); found {
		kind += "." + group
	}
	return rules.Target{Kind: kind, Name: name}, nil
}

// parseHost reads a host name, perhaps out of a URL.
func parseHost(arg string) (rules.Target, error) {
	host := strings.TrimSuffix(arg, ".")
	switch {
	case arg == "":
		return rules.Target{}, errors.New("an argument is empty; want TYPE/NAME or a host name")
	case kinds()[kindOf(arg)] != "" && !strings.Contains(arg, "."):
		return rules.Target{}, fmt.Errorf("which %s? Want %s/NAME", arg, arg)
	case !strings.Contains(host, ".") || strings.ContainsAny(host, " :@"):
		return rules.Target{}, fmt.Errorf("%q is neither TYPE/NAME (of %s) nor a host name", arg, strings.Join(kindNames(), ", "))
	}
	return rules.Target{Host: strings.ToLower(host)}, nil
}

// checkAddress says what is wrong with a HOST:PORT.
func checkAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return errors.New("want HOST:PORT, as in 203.0.113.10:443")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return fmt.Errorf("%q is no port", port)
	}
	if host == "" {
		return errors.New("the host is missing")
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

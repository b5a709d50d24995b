package proxy

import (
	"errors"
	"regexp"
	"strings"
)

// ConnectionName is an instance's name, taken apart.
type ConnectionName struct {
	Project  string // with its domain, if it has one: "example.com:project"
	Region   string
	Cluster  string // AlloyDB
	Instance string
	DNS      string // a DNS name, which v2 takes instead of all the others
}

// Errors of names. The proxies take some of these names for good ones, as they look
// for what they need anywhere in the text, and fail when a client comes.
var (
	errFewParts   = errors.New("it has fewer than the three parts PROJECT:REGION:INSTANCE")
	errManyParts  = errors.New("it has more than the three parts PROJECT:REGION:INSTANCE, or four with a project's domain")
	errNoDomain   = errors.New("it has four parts, and the first is no domain, as in example.com:PROJECT:REGION:INSTANCE")
	errDomainOnly = errors.New("its first part is a project's domain, and one of the parts DOMAIN:PROJECT:REGION:INSTANCE is missing")
	errEmptyPart  = errors.New("one of its parts is empty")
	errCharacters = errors.New("it has characters that names do not have")
	errURI        = errors.New("it is not projects/PROJECT/locations/REGION/clusters/CLUSTER/instances/INSTANCE")
)

// part is what a part of a name is made of.
var part = regexp.MustCompile(`^[A-Za-z0-9._-]*$`)

// label is one of the words between a DNS name's dots.
var label = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?$`)

// ParseName takes a name apart, more strictly than the proxies do: of v1 and v2
// PROJECT:REGION:INSTANCE or DOMAIN:PROJECT:REGION:INSTANCE, of v2 a DNS name, too,
// and of AlloyDB projects/P/locations/R/clusters/C/instances/I. The errors do not
// hold the name.
func ParseName(e Engine, name string) (ConnectionName, error) {
	if e == AlloyDB {
		return parseURI(name)
	}
	parts := strings.Split(name, ":")
	if e == V2 && len(parts) == 1 && isDNSName(name) {
		return ConnectionName{DNS: strings.TrimSuffix(name, ".")}, nil
	}
	switch {
	case len(parts) < 3:
		return ConnectionName{}, errFewParts
	case len(parts) == 3 && strings.Contains(parts[0], "."): // projects themselves have no dots
		return ConnectionName{}, errDomainOnly
	case len(parts) == 4 && !strings.Contains(parts[0], "."):
		return ConnectionName{}, errNoDomain
	case len(parts) > 4:
		return ConnectionName{}, errManyParts
	}
	if err := checkParts(parts); err != nil {
		return ConnectionName{}, err
	}
	n := len(parts)
	return ConnectionName{Project: strings.Join(parts[:n-2], ":"), Region: parts[n-2], Instance: parts[n-1]}, nil
}

func parseURI(name string) (ConnectionName, error) {
	parts := strings.Split(name, "/")
	if len(parts) != 8 || parts[0] != "projects" || parts[2] != "locations" || parts[4] != "clusters" || parts[6] != "instances" {
		return ConnectionName{}, errURI
	}
	domain, project, scoped := strings.Cut(parts[1], ":")
	if !scoped {
		project = domain
	} else if !strings.Contains(domain, ".") {
		return ConnectionName{}, errURI
	}
	if err := checkParts([]string{domain, project, parts[3], parts[5], parts[7]}); err != nil {
		return ConnectionName{}, err
	}
	return ConnectionName{Project: parts[1], Region: parts[3], Cluster: parts[5], Instance: parts[7]}, nil
}

func checkParts(parts []string) error {
	for _, p := range parts {
		if p == "" {
			return errEmptyPart
		}
		if !part.MatchString(p) {
			return errCharacters
		}
	}
	return nil
}

func isDNSName(name string) bool {
	labels := strings.Split(strings.TrimSuffix(name, "."), ".")
	if len(labels) < 2 || len(name) > 254 {
		return false
	}
	for _, l := range labels {
		if !label.MatchString(l) {
			return false
		}
	}
	return strings.ContainsFunc(labels[len(labels)-1], func(r rune) bool { return r > '9' }) // else it is an IP address
}

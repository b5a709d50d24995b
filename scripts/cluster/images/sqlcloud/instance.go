package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// instance is a database that Google would run.
type instance struct {
	project, region, name string
	version               string // POSTGRES_15, MYSQL_8_0
	ip, privateIP         string // what the API says; one may be empty
	listen                string // address of the server-side proxy; empty when another process is it
	database              string // where the server-side proxy passes connections on to
}

func (i instance) connectionName() string { return i.project + ":" + i.region + ":" + i.name }

// instances are given by flags.
type instances []instance

// String is for flag.
func (all *instances) String() string {
	var names []string
	for _, i := range *all {
		names = append(names, i.connectionName())
	}
	return strings.Join(names, " ")
}

// Set is for flag.
func (all *instances) Set(text string) error {
	parts := strings.Split(text, ",")
	i, err := parseName(parts[0])
	if err != nil {
		return err
	}
	for _, part := range parts[1:] {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "version":
			i.version = value
		case "ip":
			i.ip = value
		case "private-ip":
			i.privateIP = value
		case "listen":
			i.listen = value
		case "database":
			i.database = value
		default:
			return fmt.Errorf("unknown key %q", key)
		}
	}
	if i.version == "" {
		return errors.New("version= is needed")
	}
	if (i.listen == "") != (i.database == "") {
		return errors.New("listen= and database= need each other")
	}
	for _, ip := range []string{i.ip, i.privateIP} {
		if _, err := netip.ParseAddr(ip); ip != "" && err != nil {
			return err
		}
	}
	*all = append(*all, i)
	return nil
}

// parseName takes a connection name apart; a domain-scoped project has a colon in it.
func parseName(text string) (instance, error) {
	parts := strings.Split(text, ":")
	if n := len(parts); n == 3 || n == 4 {
		return instance{project: strings.Join(parts[:n-2], ":"), region: parts[n-2], name: parts[n-1]}, nil
	}
	return instance{}, fmt.Errorf("%q is not PROJECT:REGION:INSTANCE", text)
}

// find looks up an instance as the API names it: v1 of the proxy writes REGION~NAME.
func (all instances) find(project, name string) (instance, bool) {
	for _, i := range all {
		if i.project == project && (i.name == name || i.region+"~"+i.name == name) {
			return i, true
		}
	}
	return instance{}, false
}

// shortName is a name without the region that v1 of the proxy puts before it.
func shortName(name string) string { return name[strings.Index(name, "~")+1:] }

package proxy

import "strings"

// Route is by which of its addresses an instance is reached.
type Route string

// The routes. Any is the first that the instance has, public before private.
const (
	RoutePublic  Route = "public"
	RoutePrivate Route = "private"
	RoutePSC     Route = "psc"
	RouteAny     Route = "any"
	RouteAPI     Route = "sql-data" // through the API, not to an address
	RouteUnknown Route = ""         // v1, told types that it does not know
)

// RouteOf says how an instance of the Spec is reached, what it says itself before
// what holds for all. By default v1 takes any address, v2 the public one, AlloyDB the
// private one.
func (s *Spec) RouteOf(i Instance) Route {
	switch s.Engine {
	case V1:
		return routeOfTypes(s.IP.Types.Or("PUBLIC,PRIVATE"))
	case AlloyDB:
		switch {
		case i.PSC.Or(s.IP.PSC):
			return RoutePSC
		case i.Public.Or(s.IP.Public):
			return RoutePublic
		}
		return RoutePrivate
	}
	switch {
	case i.SQLData == On || s.IP.SQLData: // an instance cannot say no
		return RouteAPI
	case i.Private.Or(s.IP.Private):
		return RoutePrivate
	case i.PSC.Or(s.IP.PSC):
		return RoutePSC
	case s.IP.Auto:
		return RouteAny
	}
	return RoutePublic
}

// routeOfTypes reads v1's -ip_address_types. PRIMARY is the API's word for PUBLIC.
func routeOfTypes(types string) Route {
	var public, private bool
	for _, t := range strings.Split(types, ",") {
		switch strings.ToUpper(t) {
		case "PUBLIC", "PRIMARY":
			public = true
		case "PRIVATE":
			private = true
		default:
			return RouteUnknown
		}
	}
	switch {
	case public && private:
		return RouteAny
	case private:
		return RoutePrivate
	}
	return RoutePublic
}

// Package proxy knows the command lines of the Cloud SQL Proxy, in its first and
// second version, and of the AlloyDB Auth Proxy. A Spec is what one of them is told
// by arguments, environment and configuration file: Parse reads it, Render writes
// it, Validate judges it, Listeners says on which ports it hears, Convert turns what
// v1 is told into what v2 must be told.
//
// The flags, their defaults and the versions that brought them are those of the
// proxies' sources: cmd/cloud_sql_proxy/cloud_sql_proxy.go of v1.05 to v1.38.3,
// cmd/root.go of v2.0.0 to v2.25.3, and of the AlloyDB Auth Proxy 0.1.0 to 1.15.2.
//
// The package is pure: it reads no file, asks no environment and dials nobody.
package proxy

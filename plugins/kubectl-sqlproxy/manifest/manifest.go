// Package manifest makes the objects with which a proxy serves a whole cluster: a
// Deployment that no single accident takes down, a Service for each database, and what
// guards them.
package manifest

import (
	"errors"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// Config says what the objects are for.
type Config struct {
	// Name is that of the Deployment, and the others' begin with it.
	Name, Namespace string
	// Program is the proxy and its version.
	proxy.Program
	Instances []Instance
}

// Instance is one database server that is served.
type Instance struct {
	// Connection is its name: PROJECT:REGION:INSTANCE, or AlloyDB's.
	Connection string
	// Engine is mysql, postgres or sqlserver; "" where only the port is known.
	Engine string
	// Port is that of the Service.
	Port int
}

// Object is one object, ready to be printed or applied.
type Object struct {
	APIVersion, Kind string
	Namespace, Name  string
	// Value is the typed object of k8s.io/api, or of a kind without a Go type what
	// marshals like it.
	Value any
}

// Set is all that is made.
type Set struct {
	Objects []Object
	// Warnings say what is asked for and better were not; Advice is what has to be done
	// outside the cluster.
	Warnings, Advice []string
}

// Build makes the objects. The error says all that is wrong, and names the flags.
func Build(Config) (*Set, error) { return nil, errors.ErrUnsupported }

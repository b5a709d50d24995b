// Package manifest makes the objects with which a proxy serves a whole cluster: a
// Deployment that no single accident takes down, a Service for each database, and what
// guards them.
package manifest

import "errors"

// Object is one object, ready to be printed or applied.
type Object struct {
	APIVersion, Kind string
	Namespace, Name  string
	// Value is the typed object of k8s.io/api, or of a kind without a Go type what
	// marshals like it. The one of a Secret holds the key: it is not to be shown.
	Value any
}

// Set is all that is made.
type Set struct {
	Objects []Object
	// Warnings say what is asked for and better were not; Advice is what has to be done
	// outside the cluster, in lines: those that are commands are indented.
	Warnings, Advice []string
}

// Build makes the objects. The error says all that is wrong, and names the flags. What
// a Config leaves out is chosen as the command line's defaults are.
func Build(c Config) (*Set, error) {
	p := newPlan(c)
	p.check()
	if len(p.wrong) > 0 {
		return nil, errors.Join(p.wrong...)
	}
	p.collect()
	return &Set{Objects: p.objects, Warnings: p.warnings(), Advice: p.advice()}, nil
}

// collect makes the objects in the order in which they are to be applied: what pods
// need before the pods.
func (p *plan) collect() {
	p.addAccount()
	p.addSecret()
	p.addDeployment()
	p.addServices()
	p.addBudget()
	p.addPolicy()
	p.addMonitor()
	p.addAutoscaler()
}

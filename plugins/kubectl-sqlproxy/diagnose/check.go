package diagnose

import (
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// Options say what is judged, and how.
type Options struct {
	// Now is the time as of which is judged.
	Now time.Time
	// Targets are the proxies that are asked for; none is all.
	Targets []Target
}

// Target names a workload: Kind is empty where only a name is given, and then it may be
// a Service's, too.
type Target struct{ Kind, Namespace, Name string }

// Check judges the snapshot, which must be closed. An error says that there is no proxy
// of a target's name.
func Check(s *snapshot.Snapshot, opts Options) (*finding.Report, error) {
	c := &checker{Snapshot: s, Options: opts, index: newIndex(s)}
	if err := c.choose(); err != nil {
		return nil, err
	}
	for _, f := range families() {
		for _, p := range c.subjects {
			f.check(c, p)
		}
	}
	c.checkUnseen()
	c.rank()
	return c.publish(), nil
}

// family is the rules of one matter.
type family struct {
	check     func(*checker, *subject)
	catalogue func() finding.Catalogue
	// depth says how deep the matter lies: the deepest thing that blocks is the root cause.
	depth int
}

// families are all rules, those nearest to the client first.
func families() []family {
	return []family{
		{(*checker).checkWire, wireCatalogue, 1},
		{(*checker).checkReach, reachCatalogue, 2},
		{(*checker).checkRedundancy, redundancyCatalogue, 3},
		{(*checker).checkShutdown, shutdownCatalogue, 3},
		{(*checker).checkSecurity, securityCatalogue, 3},
		{(*checker).checkSidecars, sidecarCatalogue, 3},
		{(*checker).checkRuns, runsCatalogue, 4},
		{(*checker).checkProbes, probeCatalogue, 5},
		{(*checker).checkRollout, rolloutCatalogue, 5},
		{(*checker).checkConnections, connectionCatalogue, 5},
		{(*checker).checkConfiguration, configurationCatalogue, 6},
		{(*checker).checkCredentials, credentialCatalogue, 7},
	}
}

// Catalogue is all that may be found.
func Catalogue() finding.Catalogue {
	all := unseenCatalogue()
	for _, f := range families() {
		all = append(all, f.catalogue()...)
	}
	return all
}

// checker is a report in the making.
type checker struct {
	*snapshot.Snapshot
	Options
	index    *index
	subjects []*subject
	found    []*found
	// surroundings are made when first asked for.
	surroundings *around
}

package diagnose

import (
	"github.com/kubechores/kubechores/pkg/finding"
)

// configurationCatalogue is what can be wrong with what the proxy is told: the ids of
// package proxy, and what logs say of starting.
func configurationCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "flag-unknown", Severity: finding.Error, Title: "A flag that the proxy does not know"},
		{ID: "flag-value", Severity: finding.Error, Title: "A flag whose value cannot be read"},
		{ID: "flag-newer", Severity: finding.Error, Title: "A flag that the image's version does not know yet"},
		{ID: "flag-other", Severity: finding.Error, Title: "A flag of another proxy: v1's on v2, v2's on v1, AlloyDB's"},
		{ID: "flag-repeated", Severity: finding.Error, Title: "A flag that is said twice"},
		{ID: "flag-exits", Severity: finding.Error, Title: "A flag that prints something and ends the proxy"},
		{ID: "argument-ignored", Severity: finding.Error, Title: "Arguments that v1 ignores"},
		{ID: "subcommand", Severity: finding.Error, Title: "The container runs a subcommand, not the proxy"},
		{ID: "binary-other", Severity: finding.Error, Title: "The container's program is not in its image, or is no proxy"},
		{ID: "duration-without-unit", Severity: finding.Error, Title: "A duration without a unit"},
		{ID: "variable-unexpanded", Severity: finding.Error, Title: "A variable in an argument that is defined nowhere, or not known"},
		{ID: "env-unknown", Severity: finding.Error, Title: "A variable that the proxy does not know, and ignores"},
		{ID: "env-value", Severity: finding.Error, Title: "A variable whose value cannot be read, and is ignored"},
		{ID: "env-ignored", Severity: finding.Error, Title: "A variable that the proxy does not read"},
		{ID: "config-unknown", Severity: finding.Error, Title: "A key of the configuration file that the proxy does not know"},
		{ID: "config-value", Severity: finding.Error, Title: "A value of the configuration file that cannot be read"},
		{ID: "config-unread", Severity: finding.Skipped, Title: "What the configuration file says is not known"},
		{ID: "instance-missing", Severity: finding.Error, Title: "No instance is named"},
		{ID: "instance-name", Severity: finding.Error, Title: "An instance's name that cannot be right"},
		{ID: "instance-options", Severity: finding.Error, Title: "What follows an instance's name cannot be read"},
		{ID: "instance-other", Severity: finding.Error, Title: "An instance that is written as for another proxy"},
		{ID: "query-unknown", Severity: finding.Error, Title: "A key of an instance that the proxy does not know, and ignores"},
		{ID: "query-value", Severity: finding.Error, Title: "A key of an instance whose value cannot be read"},
		{ID: "query-newer", Severity: finding.Error, Title: "A key of an instance that the image's version does not know yet"},
		{ID: "address-not-ip", Severity: finding.Error, Title: "An address to listen on that is no IP address"},
		{ID: "port-range", Severity: finding.Error, Title: "A number that is no port"},
		{ID: "port-conflict", Severity: finding.Error, Title: "Two listeners on one port or socket"},
		{ID: "socket-conflict", Severity: finding.Error, Title: "A socket, and an address or port as well"},
		{ID: "socket-dir", Severity: finding.Error, Title: "A socket of v1 without a directory for it"},
		{ID: "ip-conflict", Severity: finding.Error, Title: "Ways to the instance that exclude each other"},
		{ID: "auth-conflict", Severity: finding.Error, Title: "Credentials that exclude each other"},
		{ID: "login-token", Severity: finding.Error, Title: "A token for logins without what it needs, or missing"},
		{ID: "endpoint-conflict", Severity: finding.Error, Title: "Endpoints of the API that exclude each other"},
		{ID: "endpoint-slash", Severity: finding.Error, Title: "An endpoint without a slash, at which v1 ends"},
		{ID: "fuse-conflict", Severity: finding.Error, Title: "A mounted directory, and what does not go with it"},
		{ID: "option-ignored", Severity: finding.Warning, Title: "An option that is of no use"},

		{ID: "start-flag", Severity: finding.Error, Title: "The log: a flag is not known"},
		{ID: "start-value", Severity: finding.Error, Title: "The log: a flag's value cannot be read"},
		{ID: "start-usage", Severity: finding.Error, Title: "The log: v1 has printed its flags and ended"},
		{ID: "start-no-instance", Severity: finding.Error, Title: "The log: no instance is named"},
		{ID: "start-instance-name", Severity: finding.Error, Title: "The log: an instance's name is not accepted"},
		{ID: "start-region", Severity: finding.Error, Title: "The log: the instance is in another region"},
		{ID: "start-port-taken", Severity: finding.Error, Title: "The log: a port is taken"},
		{ID: "start-port", Severity: finding.Error, Title: "The log: a port is no port"},
		{ID: "start-listen", Severity: finding.Error, Title: "The log: the proxy may not listen there"},
		{ID: "start-address", Severity: finding.Error, Title: "The log: an address is no IP address"},
		{ID: "start-options", Severity: finding.Error, Title: "The log: options do not go together"},
		{ID: "start-config-file", Severity: finding.Error, Title: "The log: the configuration file cannot be loaded"},
		{ID: "start-connection-test", Severity: finding.Error, Title: "The log: the connection test at the start has failed"},
		{ID: "start-lookup", Severity: finding.Error, Title: "The log: the API was asked about an instance at the start, in vain"},
		{ID: "start-failed", Severity: finding.Error, Title: "The log: the proxy does not start"},
	}
}

// checkConfiguration judges what the proxy is told, by its command line first: what the
// log says of the same is evidence.
func (c *checker) checkConfiguration(s *subject) {
	c.checkOtherFlags(s)
	for _, p := range s.Problems {
		c.checkProblem(s, p)
	}
	c.checkStart(s)
}

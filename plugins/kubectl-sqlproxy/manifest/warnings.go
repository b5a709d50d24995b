package manifest

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// warnings say what is asked for and better were not.
func (p *plan) warnings() []string {
	var all []string
	warn := func(when bool, format string, args ...any) {
		if when {
			all = append(all, fmt.Sprintf(format, args...))
		}
	}
	warn(p.Engine == proxy.V1, "v1 gets no more features, and cannot log in to MySQL 8.4 with caching_sha2_password after the database restarts: use --engine v2")
	warn(len(p.dropped) > 0, "%s does not have: %s", p.program(), strings.Join(p.dropped, "; "))
	warn(p.Replicas == 1, "--replicas 1: while the only pod is replaced, moved or broken nobody has a database, and it gets no disruption budget, which would keep its node from being drained")
	warn(p.Identity == (Identity{}), "no identity is given, so the proxy is whoever its node is: use --workload-identity, --credentials-secret, --key-file or --service-account")
	warn(p.Identity.Key != "", "--key-file: the private key is in the Secret of the output: keep that out of repositories, or use --workload-identity, which needs no key")
	warn(p.IAMLogin, "--auto-iam-authn: whoever reaches the proxy is logged in to the database as the proxy's own account, without a password, and nobody as another IAM user")
	warn(p.open(), "--allow-clients any: every pod of the cluster may connect")
	warn(p.open() && p.public(), "--allow-clients any with --service-type %s: the network policy lets everybody in, whatever --source-ranges says", p.Exposure.Type)
	warn(p.public(), "--service-type %s: what runs between clients and the proxy is not encrypted by it, and leaves the cluster's network", p.Exposure.Type)
	warn(p.Exposure.Type == "NodePort", "--service-type NodePort: only the network policy keeps others than --source-ranges out, and only nodes with a pod of the proxy answer")
	warn(p.Preemptible, "--allow-preemptible: such nodes give a pod 15 seconds at most before they go, and those of one age go together: keep one replica elsewhere, or spread the nodes' ages")
	warn(!p.Server.has(matchLabelKeysSince), "Kubernetes %s: that the pods are on nodes apart is only preferred, and a broken pod can hold up a drain; both are better from 1.%d on", p.Server, matchLabelKeysSince)
	if p.Memory != "" {
		limit := resource.MustParse(p.Memory)
		warn(p.MaxConnections > 0 && limit.Value() < p.memoryNeeded(), "--memory %s: with --max-connections %d a pod takes some %dMi, and is killed above its limit", p.Memory, p.MaxConnections, p.memoryNeeded()>>20)
	}
	return all
}

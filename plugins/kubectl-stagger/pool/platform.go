package pool

import "slices"

// The labels and annotations that name a node's pool and tell how its machine lives;
// suitePrefix is that of this plugin's own.
const (
	karpenterPool     = "karpenter.sh/nodepool"
	karpenterCapacity = "karpenter.sh/capacity-type"
	yandexPool        = "yandex.cloud/node-group-id"
	yandexPreemptible = "yandex.cloud/preemptible"
	gkePool           = "cloud.google.com/gke-nodepool"
	gkePreemptible    = "cloud.google.com/gke-preemptible"
	gkeSpot           = "cloud.google.com/gke-spot"
	gkeProvisioning   = "cloud.google.com/gke-provisioning"
	eksPool           = "eks.amazonaws.com/nodegroup"
	eksCapacity       = "eks.amazonaws.com/capacityType"
	aksPool           = "kubernetes.azure.com/agentpool"
	aksPriority       = "kubernetes.azure.com/scalesetpriority"
	capiDeployment    = "cluster.x-k8s.io/deployment-name"
	capiMachine       = "cluster.x-k8s.io/machine"
	capiNamespace     = "cluster.x-k8s.io/cluster-namespace"
	capiInterruptible = "cluster.x-k8s.io/interruptible"
	doksPool          = "doks.digitalocean.com/node-pool-id"

	suitePrefix = "stagger.kubechores.io/"
)

// platforms are those whose pools are known. Karpenter comes first: its nodes on EKS
// and AKS may have the labels of these, too.
func platforms() []Platform {
	return []Platform{
		{Name: "Karpenter", PoolLabels: []string{karpenterPool, "karpenter.sh/provisioner-name"}},
		{Name: "GKE", PoolLabels: []string{gkePool}},
		{Name: "Yandex Cloud", PoolLabels: []string{yandexPool}},
		{Name: "EKS", PoolLabels: []string{eksPool}},
		{Name: "AKS", PoolLabels: []string{aksPool}},
		{Name: "DigitalOcean", PoolLabels: []string{doksPool}},
		{Name: "Cluster API", PoolLabels: []string{capiDeployment}},
	}
}

// PoolLabels are the label keys that name a node's pool on the platforms of these names,
// or on all.
func PoolLabels(names ...string) []string {
	var all []string
	for _, p := range platforms() {
		if len(names) == 0 || slices.Contains(names, p.Name) {
			all = append(all, p.PoolLabels...)
		}
	}
	return all
}

// platformOf is the platform that one of the tags belongs to; its name is empty when
// there is none.
func platformOf(tags []tag) Platform {
	for _, p := range platforms() {
		for _, label := range p.PoolLabels {
			for _, t := range tags {
				if t.label == label {
					return p
				}
			}
		}
	}
	return Platform{}
}

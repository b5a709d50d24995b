package collect

import (
	"slices"

	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// resource is a kind of objects to be read.
type resource struct {
	group, plural, kind string
	// versions are those that can be read, the preferred one first; the server's own
	// preference comes first where it is among them. Empty is any.
	versions []string
	// everywhere says that all namespaces are read, whatever is asked for: objects of
	// other namespaces explain what is wrong in this one, and there are few of them.
	everywhere  bool
	clusterWide bool // its objects are in no namespace
	fields      string
	page        int64
}

// secretPage is smaller than others: a Secret may have 1 MiB.
const secretPage = 50

// otherSecrets leaves out types that hold no certificate and no credentials of an issuer,
// the largest among them.
const otherSecrets = "type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token,type!=kubernetes.io/dockerconfigjson,type!=bootstrap.kubernetes.io/token"

// secrets, pods and services are read in the namespaces that matter.
func secrets() resource {
	return resource{plural: "secrets", kind: "Secret", fields: otherSecrets, page: secretPage}
}
func pods() resource     { return resource{plural: "pods", kind: "Pod"} }
func services() resource { return resource{plural: "services", kind: "Service"} }

// doors are the consumers, read in the namespaces that are asked for.
func doors() []resource {
	return []resource{
		{group: chain.IstioGroup, plural: "gateways", kind: "Gateway", versions: []string{"v1", "v1beta1", "v1alpha3"}},
		{group: chain.IstioGroup, plural: "virtualservices", kind: "VirtualService", versions: []string{"v1", "v1beta1", "v1alpha3"}, everywhere: true},
		{group: chain.GatewayAPIGroup, plural: "gateways", kind: "Gateway", versions: []string{"v1", "v1beta1", "v1alpha2"}},
		{group: chain.GatewayAPIGroup, plural: "listenersets", kind: "ListenerSet"},
		{group: chain.GatewayAPIGroup, plural: "referencegrants", kind: "ReferenceGrant", versions: []string{"v1", "v1beta1", "v1alpha2"}, everywhere: true},
		{group: "networking.k8s.io", plural: "ingresses", kind: "Ingress", versions: []string{"v1", "v1beta1"}},
		{group: "extensions", plural: "ingresses", kind: "Ingress"},
	}
}

// issuance is cert-manager's own.
func issuance() []resource {
	var all []resource
	for _, group := range []string{chain.Group, chain.OldGroup} {
		acme := chain.ACMEGroup
		if group == chain.OldGroup {
			acme = chain.OldGroup
		}
		all = append(all,
			resource{group: group, plural: "certificates", kind: "Certificate", everywhere: true},
			resource{group: group, plural: "certificaterequests", kind: "CertificateRequest", everywhere: true},
			resource{group: acme, plural: "orders", kind: "Order", everywhere: true},
			resource{group: acme, plural: "challenges", kind: "Challenge", everywhere: true},
			resource{group: group, plural: "issuers", kind: "Issuer", everywhere: true},
			resource{group: group, plural: "clusterissuers", kind: "ClusterIssuer", clusterWide: true},
		)
	}
	return all
}

// controllers are found by the labels of cert-manager's manifests, now and then.
func controllers() resource {
	return resource{group: "apps", plural: "deployments", kind: "Deployment", everywhere: true}
}

// trusting are what the API server calls by TLS.
func trusting() []resource {
	const admission = "admissionregistration.k8s.io"
	return []resource{
		{group: admission, plural: "validatingwebhookconfigurations", kind: "ValidatingWebhookConfiguration", versions: []string{"v1", "v1beta1"}, clusterWide: true},
		{group: admission, plural: "mutatingwebhookconfigurations", kind: "MutatingWebhookConfiguration", versions: []string{"v1", "v1beta1"}, clusterWide: true},
		{group: "apiregistration.k8s.io", plural: "apiservices", kind: "APIService", versions: []string{"v1", "v1beta1"}, clusterWide: true},
	}
}

// told are the kinds whose events say something of certificates, with the reason where
// only one does.
func told() map[string]string {
	return map[string]string{
		"Certificate": "", "CertificateRequest": "", "Order": "", "Challenge": "", "Issuer": "", "ClusterIssuer": "",
		"Gateway": "", "ListenerSet": "", "Ingress": "BadConfig", "Pod": "FailedMount",
	}
}

// version is the one to ask for, of those that the server serves; empty when it serves
// none. A server's versions are known by group only, so one may lack the resource.
func (r *resource) candidates(groups map[string][]string) []string {
	if r.group == "" {
		return []string{"v1"}
	}
	served := groups[r.group]
	if len(r.versions) == 0 {
		return served
	}
	var all []string
	for _, v := range served {
		if slices.Contains(r.versions, v) {
			all = append(all, v)
		}
	}
	return all
}

// name is the resource's for people and for kubectl.
func (r *resource) name() string {
	if r.group == "" {
		return r.plural
	}
	return r.plural + "." + r.group
}

package chain

// Issuer is an Issuer or a ClusterIssuer of cert-manager.
type Issuer struct {
	Meta
	ACME *ACME // nil: not of this type; so are the others
	// CA is the Secret of the CA's key pair.
	CA         *SecretKey
	SelfSigned bool
	Vault      *Vault
	// Other is the name of another type: "venafi".
	Other string
	// External says that the kind is not one of cert-manager's.
	Conditions Conditions
	// AccountURI is status.acme.uri: the account is registered.
	AccountURI string
}

// Cluster reports whether it is a ClusterIssuer.
func (i *Issuer) Cluster() bool { return i.Kind == "ClusterIssuer" }

// SecretKey is a reference to one key of a Secret. Key is empty where none is given.
type SecretKey struct{ Name, Key string }

// Vault is what an issuer says of Vault.
type Vault struct {
	Server, Path string
	// Secrets are those of its credentials, by the field that names them.
	Secrets []FieldSecret
}

// FieldSecret is a SecretKey and the field that it stands in.
type FieldSecret struct {
	Field string
	SecretKey
}

// ACME is spec.acme of an issuer.
type ACME struct {
	Server, Email      string
	AccountKey         SecretKey // its Key is tls.key by default
	PreferredChain     string
	Profile            string
	SkipTLSVerify      bool
	CABundle           bool
	NoKeyGeneration    bool // disableAccountKeyGeneration
	DurationFeature    bool // enableDurationFeature
	ExternalAccountKey *SecretKey
	Solvers            []Solver
	// Old says that the solvers are those of v0.3: spec.acme.dns01.providers and
	// spec.acme.http01, which certificates choose from by name.
	Old bool
}

// Solver is one way to prove that a name is ours.
type Solver struct {
	// Name is that of a provider of v0.3.
	Name     string
	Selector *Selector
	HTTP01   *HTTP01
	DNS01    *DNS01
	// NoSelfCheck is waitInsteadOfSelfCheck, of v1.21 and later.
	NoSelfCheck bool
}

// Selector says for which names a solver is. Empty fields do not restrict.
type Selector struct {
	MatchLabels        map[string]string
	DNSNames, DNSZones []string
}

// HTTP01 is a solver by a path on port 80.
type HTTP01 struct{ Class, Ingress, GatewayParents string }

// DNS01 is a solver by a TXT record.
type DNS01 struct {
	Provider string // the field's name: "route53", "cloudDNS", "webhook"
	// Providers are the names of all that are set: there must be one.
	Providers   []string
	Route53     *Route53
	FollowCNAME bool
	// Secrets are those of another provider's credentials.
	Secrets []FieldSecret
}

// Route53 is the solver for Amazon Route 53.
type Route53 struct {
	Region, HostedZoneID, Role string
	AccessKeyID                string // inline
	AccessKeyIDRef             *SecretKey
	SecretAccessKey            *SecretKey
	// InlineSecret is the length of a secret access key that stands in the manifest,
	// in a field that cert-manager does not have; -1 is none.
	InlineSecret int
	// ServiceAccount is auth.kubernetes.serviceAccountRef.name.
	ServiceAccount string
}

// Ambient reports whether no key is given at all: it must come from where the
// controller runs.
func (r *Route53) Ambient() bool {
	return r.AccessKeyID == "" && r.AccessKeyIDRef == nil && r.SecretAccessKey == nil && r.ServiceAccount == ""
}

// Secrets are the Secrets that an issuer needs, by the field that names them: its
// account's or CA's key, and its credentials.
func (i *Issuer) Secrets() []FieldSecret {
	var all []FieldSecret
	add := func(field string, ref *SecretKey) {
		if ref != nil && ref.Name != "" {
			all = append(all, FieldSecret{field, *ref})
		}
	}
	if i.CA != nil {
		add("spec.ca.secretName", i.CA)
	}
	if i.Vault != nil {
		all = append(all, i.Vault.Secrets...)
	}
	if i.ACME == nil {
		return all
	}
	add("spec.acme.privateKeySecretRef", &i.ACME.AccountKey)
	add("spec.acme.externalAccountBinding.keySecretRef", i.ACME.ExternalAccountKey)
	for n := range i.ACME.Solvers {
		if d := i.ACME.Solvers[n].DNS01; d != nil {
			list, in := "spec.acme.solvers", "dns01."
			if i.ACME.Old {
				list, in = "spec.acme.dns01.providers", ""
			}
			for _, ref := range d.Secrets {
				all = append(all, FieldSecret{field(list, n, in+ref.Field, -1), ref.SecretKey})
			}
		}
	}
	return all
}

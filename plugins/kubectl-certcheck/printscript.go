package main

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/byhand"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/rules"
)

// runScript prints the bash script that looks at the chains by hand.
func (o *options) runScript(cmd *cobra.Command, s *chain.Snapshot, namespaces []string) error {
	doors, err := rules.Doors(s, rules.Options{Now: time.Now(), Targets: inNamespaces(o.targets, namespaces)})
	if err != nil {
		return err
	}
	plan := byhand.Plan{KubectlArgs: o.kubectlArgs(cmd), Invocation: script.Invocation("certcheck"), Printed: time.Now()}
	for i := range doors {
		if c := chainByHand(s, &doors[i], o.live); len(c.Secrets) > 0 {
			plan.Chains = append(plan.Chains, c)
		}
	}
	return byhand.Write(o.Out, plan)
}

func (o *options) kubectlArgs(cmd *cobra.Command) []string {
	args := kube.KubectlArgs(cmd.Flags())
	for _, context := range o.connection.Contexts {
		args = append(args, "--context="+context)
	}
	return args
}

// chainByHand is what the script looks at for a door.
func chainByHand(s *chain.Snapshot, door *chain.Consumer, live bool) byhand.Chain {
	c := byhand.Chain{Door: door.Kind + " " + strings.TrimPrefix(door.Namespace+"/"+door.Name, "/")}
	at := map[chain.Name]int{}
	for _, use := range door.Uses {
		if use.Secret.Name == "" || use.CA {
			continue
		}
		i, seen := at[use.Secret]
		if !seen {
			i = len(c.Secrets)
			at[use.Secret] = i
			c.Secrets = append(c.Secrets, secretByHand(s, use.Secret))
			if live {
				c.Secrets[i].Pods = podsByHand(s, door)
			}
		}
		for _, host := range use.Hosts {
			if !slices.Contains(c.Secrets[i].Hosts, host) {
				c.Secrets[i].Hosts = append(c.Secrets[i].Hosts, host)
			}
		}
	}
	return c
}

func podsByHand(s *chain.Snapshot, door *chain.Consumer) []byhand.Pod {
	var pods []byhand.Pod
	for _, e := range s.Endpoints(door) {
		pods = append(pods, byhand.Pod{Namespace: e.Pod.Namespace, Name: e.Pod.Name, Port: e.Port})
	}
	return pods
}

func secretByHand(s *chain.Snapshot, n chain.Name) byhand.Secret {
	secret := byhand.Secret{Namespace: n.Namespace, Name: n.Name, Certificate: "tls.crt", Key: "tls.key"}
	if o := s.Secret(n); o != nil && o.Has("cert") && o.Has("key") {
		secret.Certificate, secret.Key = "cert", "key"
	}
	for _, o := range s.CertificatesFor(n) {
		secret.Links = append(secret.Links, link(&o.Meta, "certificates", true))
		if r := s.CurrentRequest(o); r != nil {
			secret.Links = append(secret.Links, link(&r.Meta, "certificaterequests", true))
			for _, order := range s.OrdersOf(r) {
				secret.Links = append(secret.Links, link(&order.Meta, "orders", false))
				for _, challenge := range s.ChallengesOf(order) {
					secret.Links = append(secret.Links, link(&challenge.Meta, "challenges", false))
				}
			}
		}
		if i := s.IssuerOf(o.Issuer, o.Namespace); i != nil {
			secret.Links = append(secret.Links, link(&i.Meta, strings.ToLower(i.Kind)+"s", true))
			secret.Links = append(secret.Links, credentialsByHand(s, i)...)
		}
	}
	return secret
}

// credentialsByHand are the keys of DNS credentials; where no key is named there is
// nothing to measure.
func credentialsByHand(s *chain.Snapshot, i *chain.Issuer) []byhand.Link {
	var links []byhand.Link
	for _, ref := range i.Secrets() {
		if ref.Key != "" && ref.Field != "spec.acme.privateKeySecretRef" {
			links = append(links, byhand.Link{Namespace: s.CredentialNamespace(i), Name: ref.Name, Key: ref.Key})
		}
	}
	return links
}

func link(m *chain.Meta, plural string, ready bool) byhand.Link {
	group, _, _ := strings.Cut(m.APIVersion, "/")
	return byhand.Link{Resource: plural + "." + group, Namespace: m.Namespace, Name: m.Name, Ready: ready}
}

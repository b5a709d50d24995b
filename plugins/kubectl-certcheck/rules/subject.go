package rules

import (
	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// subject is what gets a verdict: a consumer, or what none takes.
type subject struct {
	chain.Consumer
	link finding.Link
	// objects are all of its chain; branches are those of each Secret of
	// a door.
	objects  map[finding.Object]bool
	branches []map[finding.Object]bool
	// managed says that a Certificate is in it, or that the consumer asks for one.
	managed bool
}

// choose finds the subjects, and what their chains hold.
func (c *checker) choose() error {
	consumers := c.Consumers()
	certificates, secrets := c.Unused(consumers)
	for _, consumer := range consumers {
		c.subjects = append(c.subjects, c.newSubject(consumer))
	}
	for _, certificate := range certificates {
		c.subjects = append(c.subjects, c.certificateSubject(certificate))
	}
	for _, secret := range secrets {
		c.subjects = append(c.subjects, c.secretSubject(secret))
	}
	for _, t := range c.Trusting {
		if c.Scope == nil && len(t.Bundles) > 0 {
			c.subjects = append(c.subjects, c.trustingSubject(t))
		}
	}
	if len(c.Targets) > 0 {
		if err := c.narrow(); err != nil {
			return err
		}
	}
	for _, s := range c.subjects {
		for o := range s.objects {
			c.reached[o] = true
		}
	}
	return nil
}

func (c *checker) newSubject(consumer chain.Consumer) *subject {
	b := c.builder()
	root := b.visit(consumer.Object, "")
	b.managed = askedBy(&consumer.Meta) != nil
	taken := map[chain.Name]bool{}
	for _, use := range consumer.Uses {
		if !taken[use.Secret] && use.Secret.Name != "" {
			taken[use.Secret] = true
			root.Links = append(root.Links, b.secret(use.Secret))
		}
	}
	made := b.subject(consumer, root)
	for i := range root.Links {
		branch := map[finding.Object]bool{}
		gather(&root.Links[i], branch)
		made.branches = append(made.branches, branch)
	}
	return made
}

func (c *checker) certificateSubject(o *chain.Certificate) *subject {
	b := c.builder()
	root := b.certificate(o)
	root.Links = append([]finding.Link{b.onlySecret(o.Secret())}, root.Links...)
	return b.subject(chain.Consumer{Meta: o.Meta, Hosts: o.Names().DNS, Uses: []chain.Use{{Secret: o.Secret()}}}, root)
}

func (c *checker) secretSubject(o *chain.Secret) *subject {
	n := chain.Name{Namespace: o.Namespace, Name: o.Name}
	b := c.builder()
	var hosts []string
	if leaf := o.Leaf(); leaf != nil {
		hosts = leaf.DNS
	}
	return b.subject(chain.Consumer{Meta: o.Meta, Hosts: hosts, Uses: []chain.Use{{Secret: n}}}, b.secret(n))
}

func (c *checker) issuerSubject(o *chain.Issuer) *subject {
	b := c.builder()
	return b.subject(chain.Consumer{Meta: o.Meta}, b.issuer(o))
}

// trustingSubject is a webhook or an aggregated API, with the Certificate or the Secret
// that its caBundle comes from.
func (c *checker) trustingSubject(t *chain.Trusting) *subject {
	b := c.builder()
	root := b.visit(t.Object, "")
	consumer := chain.Consumer{Meta: t.Meta}
	if from := t.InjectFrom; from != nil {
		var source chain.Name
		switch from.Kind {
		case "Secret":
			source = from.Name
		case "Certificate":
			if o := c.Certificate(from.Name); o != nil {
				source = o.Secret()
			}
		}
		if source.Name != "" {
			consumer.Uses = []chain.Use{{Secret: source, Field: "metadata.annotations", CA: true}}
			root.Links = append(root.Links, b.secret(source))
		}
	}
	return b.subject(consumer, root)
}

// Doors returns what would be judged: the consumers, Certificates and Secrets that the
// options ask for. The errors are those of Check.
func Doors(s *chain.Snapshot, opts Options) ([]chain.Consumer, error) {
	c := newChecker(s, opts)
	if err := c.choose(); err != nil {
		return nil, err
	}
	var all []chain.Consumer
	for _, subject := range c.subjects {
		all = append(all, subject.Consumer)
	}
	return all, nil
}

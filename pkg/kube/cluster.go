package kube

import (
	"fmt"
	"runtime"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/metadata"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // OIDC, and helpful errors for the auth providers that were removed
	"k8s.io/client-go/rest"
)

// Cluster is a connection to one cluster as one kubeconfig context describes
// it. Every client is made from Config, so impersonation, proxies and
// credential plugins reach all of them.
type Cluster struct {
	// Context is the context's name; empty for an in-cluster connection.
	Context string
	// Namespace is what the context names, else "default".
	Namespace string
	// Config carries --request-timeout; streams and watches use copies without it.
	Config *rest.Config

	wire   wire
	core   rest.Interface
	watch  rest.Interface
	logs   *logClients
	kinds  *kindIndex
	owners *ownerCache
}

// UserAgent is what API servers' audit logs show: no path, since that may say
// more about a user's machine than an audit log should keep.
func UserAgent(program, version string) string {
	return fmt.Sprintf("%s/%s (%s/%s)", program, version, runtime.GOOS, runtime.GOARCH)
}

// Connect opens every context that the flags name, the current one when they
// name none. Nothing is sent to a cluster yet.
func (f *Flags) Connect(userAgent string) ([]*Cluster, error) {
	contexts := f.Contexts
	if len(contexts) == 0 {
		contexts = []string{""}
	}
	var clusters []*Cluster
	seen := map[string]bool{}
	for _, name := range contexts {
		if seen[name] {
			continue
		}
		seen[name] = true
		c, err := f.connect(name, userAgent)
		if err != nil {
			return nil, err
		}
		clusters = append(clusters, c)
	}
	return clusters, nil
}

func (f *Flags) connect(context, userAgent string) (*Cluster, error) {
	cc, err := f.clientConfig(context)
	if err != nil {
		return nil, err
	}
	config, err := cc.ClientConfig()
	if err != nil {
		return nil, f.explainConfig(err)
	}
	namespace, _, err := cc.Namespace()
	if err != nil {
		return nil, f.explainConfig(err)
	}
	if context == "" {
		if raw, err := cc.RawConfig(); err == nil {
			context = raw.CurrentContext
		}
	}
	config.UserAgent = userAgent
	return NewCluster(context, namespace, config)
}

// NewCluster makes a Cluster of a ready rest.Config.
func NewCluster(context, namespace string, config *rest.Config) (*Cluster, error) {
	// client-go's default of 5 requests a second makes 1,000 pods wait for
	// minutes; the server has its own fairness queues.
	config.QPS = -1
	c := &Cluster{Context: context, Namespace: namespace, Config: config, wire: newWire()}

	endless := rest.CopyConfig(config)
	endless.Timeout = 0 // --request-timeout would cut a watch or a log in mid-stream
	var err error
	if c.core, err = c.wire.restClient(config, nil); err != nil {
		return nil, err
	}
	if c.watch, err = c.wire.restClient(endless, nil); err != nil {
		return nil, err
	}
	if endless.Dial == nil {
		endless.Dial = dialer().DialContext // a credential plugin brings a dialer that wraps this one, or its own
	}
	if c.logs, err = newLogClients(endless, c.wire); err != nil {
		return nil, err
	}
	c.kinds = newKindIndex(c.core)
	c.owners = newOwnerCache()
	return c, nil
}

// Dynamic returns a client for kinds that the suite has no Go types for.
func (c *Cluster) Dynamic() (dynamic.Interface, error) {
	return dynamic.NewForConfig(c.Config)
}

// Metadata returns a client that transfers only the metadata of objects.
func (c *Cluster) Metadata() (metadata.Interface, error) {
	return metadata.NewForConfig(c.Config)
}

func (c *Cluster) String() string {
	if c.Context == "" {
		return c.Config.Host
	}
	return c.Context
}

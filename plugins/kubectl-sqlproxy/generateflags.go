package main

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/manifest"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// generateFlags say what objects are made; generate and apply have them.
type generateFlags struct {
	instances                   []string
	engine, version, image      string
	name                        string
	replicas                    int32
	googleAccount, account      string
	secret, keyFile             string
	private, public, psc, anyIP bool
	iamLogin                    bool
	clients                     []string
	single                      bool
	serviceType                 string
	expose                      bool
	ranges                      []string
	monitoring                  string
	hpa, preemptible            bool
	maxConnections              uint64
	memory, server, endpoint    string
}

// The values of flags that have few.
func engines() []string {
	return []string{string(proxy.V2), string(proxy.V1), string(proxy.AlloyDB)}
}

func serviceTypes() []string { return []string{"ClusterIP", "LoadBalancer", "NodePort"} }

// scrapingNamespace is where the Prometheus operator's charts put what scrapes.
const scrapingNamespace = "monitoring"

func (f *generateFlags) bind(fs *pflag.FlagSet) {
	fs.StringArrayVar(&f.instances, "instance", nil, "Database server to serve: PROJECT:REGION:INSTANCE with =mysql, =postgres, =sqlserver or =PORT; of AlloyDB projects/P/locations/R/clusters/C/instances/I; repeatable")
	fs.StringVar(&f.engine, "engine", string(proxy.V2), "Proxy to run: v2, v1 or alloydb")
	fs.StringVar(&f.version, "proxy-version", "", "Version of the proxy, as its image's tag has it (default the newest that this plugin knows)")
	fs.StringVar(&f.image, "image", "", "Image in place of the official one, as of a mirror; without a tag it gets --proxy-version's")
	fs.StringVar(&f.name, "name", "sql-proxy", "Name of the Deployment, with which the other objects' names begin")
	fs.Int32Var(&f.replicas, "replicas", 2, "Number of pods; with --hpa the least")
	fs.StringVar(&f.googleAccount, "workload-identity", "", "Google service account (its email address) that the proxy acts as by Workload Identity")
	fs.StringVar(&f.account, "service-account", "", "Kubernetes service account that exists and may do all that is needed, in place of one of the proxy's own")
	fs.StringVar(&f.secret, "credentials-secret", "", "Secret that exists and has a service account's key: NAME or NAME/KEY (default KEY "+manifest.DefaultKey+")")
	fs.StringVar(&f.keyFile, "key-file", "", "File with a service account's key, of which a Secret is made")
	fs.BoolVar(&f.private, "private-ip", false, "Reach the instances at their private addresses (AlloyDB's default)")
	fs.BoolVar(&f.public, "public-ip", false, "Reach the instances at their public addresses (v2's default)")
	fs.BoolVar(&f.psc, "psc", false, "Reach the instances by Private Service Connect")
	fs.BoolVar(&f.anyIP, "auto-ip", false, "Reach the instances at any address they have, public before private")
	fs.BoolVar(&f.iamLogin, "auto-iam-authn", false, "Log every client in to the database as the proxy's own account, without a password")
	fs.StringArrayVar(&f.clients, "allow-clients", nil, "Who may connect: labels of pods (app=web), a namespace (ns:team-a, or ns:team=a by label), both (ns:team-a:app=web, ns:*:app=web), or any; repeatable (default "+manifest.ClientLabel+"=true)")
	fs.BoolVar(&f.single, "single-service", false, "Make one Service with a port for each instance, in place of a Service for each")
	fs.StringVar(&f.serviceType, "service-type", "ClusterIP", "Type of the Services: ClusterIP, or with --expose LoadBalancer or NodePort")
	fs.BoolVar(&f.expose, "expose", false, "With --service-type: open the databases to others than the cluster")
	fs.StringSliceVar(&f.ranges, "source-ranges", nil, "With --expose: ranges of addresses that may connect, as 10.0.0.0/8; repeatable")
	fs.StringVar(&f.monitoring, "monitoring", "", "Make a PodMonitor, and let this namespace scrape; without a value "+scrapingNamespace)
	fs.Lookup("monitoring").NoOptDefVal = scrapingNamespace
	fs.BoolVar(&f.hpa, "hpa", false, "Make a HorizontalPodAutoscaler, from --replicas to three times as many pods, by CPU")
	fs.BoolVar(&f.preemptible, "allow-preemptible", false, "Tolerate the taints of preemptible and Spot nodes, which are avoided all the same")
	fs.Uint64Var(&f.maxConnections, "max-connections", 0, "Connections that a pod may have at once, over all instances; 0 is no limit")
	fs.StringVar(&f.memory, "memory", "", "Limit of each pod's memory (default 512Mi, which is some 5000 connections, or what --max-connections needs)")
	fs.StringVar(&f.endpoint, "api-endpoint", "", "Address of the Cloud SQL Admin API (or AlloyDB's) in place of the public one, as https://sqladmin.example.com")
	fs.StringVar(&f.server, "server-version", "", "Version of Kubernetes that the objects are for, as 1.26 (default a new one)")
}

// registerCompletions offers the values of the flags that have few.
func (f *generateFlags) registerCompletions(cmd *cobra.Command) {
	for flag, values := range map[string][]string{
		"engine": engines(), "service-type": serviceTypes(), "allow-clients": {manifest.ClientLabel + "=true", "ns:", "any"},
		"proxy-version": {manifest.DefaultTag(proxy.V2), manifest.DefaultTag(proxy.V1), manifest.DefaultTag(proxy.AlloyDB)},
	} {
		// The error is only for a flag that does not exist.
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	for _, flag := range []string{"instance", "image", "name", "replicas", "workload-identity", "service-account", "credentials-secret", "source-ranges",
		"monitoring", "max-connections", "memory", "api-endpoint", "server-version"} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.NoFileCompletions)
	}
}

// config is what the flags ask for, in a namespace; "" leaves it to who applies the
// objects. The error says all that cannot be read, and the config has the rest; what
// does not go together is for manifest.Build to say.
func (f *generateFlags) config(namespace string) (manifest.Config, error) {
	c := manifest.Config{
		Name: f.name, Namespace: namespace, Replicas: f.replicas, Route: proxy.RouteUnknown, IAMLogin: f.iamLogin,
		SingleService: f.single, Exposure: manifest.Exposure{Type: f.serviceType, Wanted: f.expose, Ranges: f.ranges},
		Endpoint: f.endpoint, Monitoring: f.monitoring, HPA: f.hpa, Preemptible: f.preemptible, MaxConnections: f.maxConnections, Memory: f.memory,
	}
	if err := f.readProgram(&c); err != nil {
		return manifest.Config{}, err // all else depends on it
	}
	wrong := []error{f.readRoute(&c), f.readIdentity(&c)}
	complain := func(flag, value string, err error) {
		wrong = append(wrong, fmt.Errorf("--%s %q: %w", flag, value, err))
	}
	if f.replicas == 0 {
		wrong = append(wrong, errors.New("--replicas 0: from 1 to 1000")) // to Build it is the default
	}
	for _, text := range f.instances {
		i, err := manifest.ParseInstance(c.Engine, text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("--instance %w", err))
			continue
		}
		c.Instances = append(c.Instances, i)
	}
	for _, text := range f.clients {
		client, err := manifest.ParseClient(text)
		if err != nil {
			complain("allow-clients", text, err)
			continue
		}
		c.Clients = append(c.Clients, client)
	}
	if u, err := url.Parse(f.endpoint); f.endpoint != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		wrong = append(wrong, fmt.Errorf("--api-endpoint %q: it is an address, as https://sqladmin.example.com is", f.endpoint))
	}
	if f.server != "" {
		version, err := manifest.ParseServerVersion(f.server)
		if err != nil {
			complain("server-version", f.server, err)
		}
		c.Server = version
	}
	return c, errors.Join(wrong...)
}

// build makes the objects. The error says all that is wrong, with what cannot be read
// and with what can.
func (f *generateFlags) build(namespace string) (*manifest.Set, error) {
	c, unread := f.config(namespace)
	if unread != nil && len(c.Instances) == 0 {
		return nil, unread // Build would miss the instances
	}
	set, err := manifest.Build(c)
	if err = errors.Join(unread, err); err != nil {
		return nil, err
	}
	return set, nil
}

// readProgram reads which proxy, in which version, of which image.
func (f *generateFlags) readProgram(c *manifest.Config) error {
	c.Engine = proxy.Engine(f.engine)
	switch c.Engine {
	case proxy.V1, proxy.V2, proxy.AlloyDB:
	default:
		return fmt.Errorf("--engine %q: it is one of %s", f.engine, strings.Join(engines(), ", "))
	}
	tag := strings.TrimPrefix(f.version, "v")
	repository, imageTag, digest := splitImage(f.image)
	switch {
	case tag == "" && imageTag != "":
		tag = imageTag
	case tag == "" && digest:
		return fmt.Errorf("--image %q: a digest does not say which version it is: add --proxy-version", f.image)
	case tag == "":
		tag = manifest.DefaultTag(c.Engine)
	}
	var known bool
	if c.Version, known = proxy.ParseVersion(tag); !known {
		return fmt.Errorf("--proxy-version %q: this is no version, as %s is; which flags the proxy has depends on it", tag, manifest.DefaultTag(c.Engine))
	}
	switch {
	case f.image == "":
		c.Image = manifest.Image(c.Engine, tag)
	case imageTag == "" && !digest:
		c.Image = repository + ":" + tag
	default:
		c.Image = f.image
	}
	return nil
}

// splitImage takes an image's name apart. A colon before the last slash is a port's.
func splitImage(image string) (repository, tag string, digest bool) {
	name, _, digest := strings.Cut(image, "@")
	if at := strings.LastIndexByte(name, ':'); at > strings.LastIndexByte(name, '/') {
		return name[:at], name[at+1:], digest
	}
	return name, "", digest
}

func (f *generateFlags) readRoute(c *manifest.Config) error {
	var said []string
	for _, one := range []struct {
		flag  string
		given bool
		route proxy.Route
	}{
		{"--private-ip", f.private, proxy.RoutePrivate}, {"--public-ip", f.public, proxy.RoutePublic},
		{"--psc", f.psc, proxy.RoutePSC}, {"--auto-ip", f.anyIP, proxy.RouteAny},
	} {
		if one.given {
			said = append(said, one.flag)
			c.Route = one.route
		}
	}
	if len(said) > 1 {
		c.Route = proxy.RouteUnknown
		return fmt.Errorf("%s: there is one way to the instances: give one of them", strings.Join(said, " and "))
	}
	return nil
}

func (f *generateFlags) readIdentity(c *manifest.Config) error {
	c.Identity = manifest.Identity{GoogleAccount: f.googleAccount, Account: f.account}
	name, key, found := strings.Cut(f.secret, "/")
	c.Identity.Secret = manifest.SecretKey{Name: name, Key: key}
	if found && (name == "" || key == "") {
		return fmt.Errorf("--credentials-secret %q: it is NAME or NAME/KEY", f.secret)
	}
	if f.keyFile == "" {
		return nil
	}
	text, err := readKeyFile(f.keyFile)
	c.Identity.Key = proxy.Secret(text)
	return err
}

// maxKeyFile is far more than a key has, in bytes.
const maxKeyFile = 64 << 10

// readKeyFile reads a file that may be a pipe. The errors hold nothing of it.
func readKeyFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("--key-file: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("--key-file: %w", err)
	case len(text) == 0:
		return nil, fmt.Errorf("--key-file %s: it is empty", path)
	case len(text) > maxKeyFile:
		return nil, fmt.Errorf("--key-file %s: it is longer than a key can be", path)
	}
	return text, nil
}

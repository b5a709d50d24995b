package proxy

import "time"

// Spec is what a proxy is told. Its zero fields are the proxy's defaults; fields
// whose default is not their zero value are Optional. Render writes it as a command
// line, and Parse reads the same Spec from that.
type Spec struct {
	Program

	Instances   []Instance
	Listen      Listen
	Credentials Credentials
	IP          IP
	HTTP        HTTP
	Admin       Admin
	Shutdown    Shutdown
	API         API
	Logs        Logs
	Telemetry   Telemetry
	FUSE        FUSE
	V1          V1Only

	// MaxConnections is a limit over all instances, in one process; 0 is none.
	MaxConnections uint64
	// RunConnectionTest dials every instance at the start, and ends the proxy when
	// one cannot be reached. Since v2.4, AlloyDB 1.3.
	RunConnectionTest bool
	// LazyRefresh asks for certificates when they are needed. Since v2.11, AlloyDB 1.10.
	LazyRefresh bool
	// SkipFailedInstances goes on without instances that cannot be mounted; v2 (since
	// 2.18) for Unix sockets only, v1 (since 1.17) for all.
	SkipFailedInstances bool
	// StaticConnectionInfo is a file that stands for the API. AlloyDB, since 1.10.
	StaticConnectionInfo string
	// ConfigFile is a configuration file whose keys are not in this Spec. Since
	// v2.10, AlloyDB 1.9; the flag alone names it, the environment cannot.
	ConfigFile string

	// Extra are arguments that the proxy does not know or cannot use, in order.
	Extra []Secret
	// Env are variables that the Spec does not hold, in order: those that the proxy
	// does not know or cannot use, and those that are not the proxy's.
	Env []Variable
	// Settings are keys of the configuration file that the proxy does not know or
	// cannot use.
	Settings []Variable
}

// Variable is a variable of the environment, or a key of a configuration file.
type Variable struct {
	Name  string
	Value Secret
}

// Listen says where all instances are heard that do not say so themselves.
type Listen struct {
	// Address is an IP address; default 127.0.0.1. v1 has none.
	Address Optional[string]
	// Port is the first instance's, further ones count up. Default of v2 is the
	// port of each database's engine, of AlloyDB 5432. v1 has none.
	Port Optional[int]
	// UnixSocket is a directory for sockets; v1's -dir.
	UnixSocket string
}

// Credentials says as whom the proxy asks the API. Where all are empty it is by
// Application Default Credentials.
type Credentials struct {
	File string
	// JSON is a service account's key. v2 and AlloyDB.
	JSON  Secret
	Token Secret
	// LoginToken is the database's password, with Token and IAMLogin. v1 since
	// 1.33.3, v2 since 2.1.
	LoginToken Secret
	// Default is the variable GOOGLE_APPLICATION_CREDENTIALS, a path.
	Default string
	// Gcloud is the account that gcloud is logged in with. v2 and AlloyDB.
	Gcloud bool
	// Impersonate is a chain of service accounts, the first of which is who the
	// proxy becomes (so v2's source; its help says the last). v2 and AlloyDB.
	Impersonate []string
	// IAMLogin logs database users in as who the proxy is. v1 since 1.20.
	IAMLogin bool
}

// IP says by which of an instance's addresses it is reached; see Spec.RouteOf.
type IP struct {
	// Types are v1's, separated by commas; default PUBLIC,PRIVATE.
	Types   Optional[string]
	Private bool // v2
	Public  bool // AlloyDB, since 1.7
	PSC     bool // v2 since 2.5, AlloyDB since 1.9
	Auto    bool // v2, since 2.2
	SQLData bool // v2, since 2.23: by the API instead of an address
}

// HTTP is the server for health checks and metrics.
type HTTP struct {
	HealthCheck bool // v1 since 1.25
	// BackendCheck dials in the check at the start, too. AlloyDB, since 1.15.
	BackendCheck bool
	// Address is localhost by default, where no kubelet asks; v1 has none and hears
	// on all addresses.
	Address Optional[string]
	// Port is 9090 by default, v1's 8090.
	Port                Optional[string]
	Prometheus          bool
	PrometheusNamespace string
}

// Admin is the server on localhost for pprof and quitquitquit.
type Admin struct {
	Port         Optional[string] // default 9091
	Debug        bool
	QuitQuitQuit bool // v2 since 2.1
}

// Shutdown says what SIGTERM does.
type Shutdown struct {
	// MaxDelay is how long open connections are waited for. v1's -term_timeout,
	// since 1.13.
	MaxDelay time.Duration
	// MinDelay is how long all goes on as before. v2 since 2.12, AlloyDB 1.11.
	MinDelay time.Duration
	// ExitZero is v2's --exit-zero-on-sigterm (2.6), AlloyDB's --exit-zero-sigterm
	// (1.11). v1 exits 0 anyway.
	ExitZero bool
}

// API says how the API is asked.
type API struct {
	// Endpoint is a URL; v1's must end in a slash.
	Endpoint        Optional[string]
	SQLDataEndpoint string
	UniverseDomain  string // v2, since 2.10
	QuotaProject    string // v1 since 1.28, and v2
	UserAgent       string
	// Cooldown is the pause after the API's quota is used up. v2, since 2.25.
	Cooldown time.Duration
}

// Logs says what is logged, and how.
type Logs struct {
	Structured bool // v1 since 1.21
	// Quiet leaves errors; v1's hides them, too.
	Quiet bool
	Debug bool // v2 since 2.9, AlloyDB 1.8
}

// Telemetry is what is sent to Cloud Monitoring and Cloud Trace. v2 and AlloyDB.
type Telemetry struct {
	Project        string
	Prefix         string
	SampleRate     Optional[int] // one trace of so many; default 10000
	DisableMetrics bool
	DisableTraces  bool
	DisableBuiltIn bool // AlloyDB, since 1.13
}

// FUSE mounts a directory in which instances are found by name.
type FUSE struct {
	Enabled bool   // v1: at Listen.UnixSocket
	Dir     string // v2 and AlloyDB
	TempDir Optional[string]
}

// V1Only is what no other engine has.
type V1Only struct {
	Projects          []string // all instances of these projects
	InstancesMetadata string   // a path of the metadata server that lists instances
	CheckRegion       bool
	RefreshThrottle   Optional[time.Duration] // default 1m
	FDLimit           Optional[uint64]        // default 8500; 0 leaves it alone
	LogDebugStdout    bool
	Verbose           Optional[bool] // default true
}

// Instance is one database server.
type Instance struct {
	// Name is as it was written; ParseName takes it apart.
	Name string

	// Network is "tcp4" or "tcp6" where v1 is told so; "" else.
	Network string
	// Address is an IP address; v1 takes names of hosts, too, and "" for all.
	Address Optional[string]
	// Port is 0, as if not set, where v2 is to choose one.
	Port Optional[int]
	// UnixSocket is a directory.
	UnixSocket string
	// UnixSocketPath is the socket; v1 takes names in Listen.UnixSocket, too.
	UnixSocketPath string // v2 since 2.1

	IAMLogin Switch
	Private  Switch // v2
	Public   Switch // AlloyDB
	PSC      Switch
	SQLData  Switch // v2, since 2.23

	// Extra are keys that the proxy does not know or cannot use, sorted by name.
	Extra []Variable
	// Unread is all that follows the name, where that cannot be taken apart.
	Unread Secret
}

package proxy

// v1Dialect has the flags of v1, in the order in which they are written.
var v1Dialect = dialect{
	exits:  []string{"help", "h", "version"},
	dashes: "-",
	options: []option{
		{name: "projects", field: func(s *Spec) any { return &s.V1.Projects }},
		{name: "instances_metadata", field: func(s *Spec) any { return &s.V1.InstancesMetadata }},
		{name: "dir", field: func(s *Spec) any { return &s.Listen.UnixSocket }},
		{name: "fuse", field: func(s *Spec) any { return &s.FUSE.Enabled }},
		{name: "fuse_tmp", field: func(s *Spec) any { return &s.FUSE.TempDir }},
		{name: "check_region", field: func(s *Spec) any { return &s.V1.CheckRegion }},
		{name: "skip_failed_instance_config", since: Version{1, 17, 0}, field: func(s *Spec) any { return &s.SkipFailedInstances }},
		{name: "ip_address_types", since: Version{1, 12, 0}, field: func(s *Spec) any { return &s.IP.Types }},
		{name: "credential_file", field: func(s *Spec) any { return &s.Credentials.File }},
		{name: "token", secret: true, field: func(s *Spec) any { return &s.Credentials.Token }},
		{name: "login_token", secret: true, since: Version{1, 33, 3}, field: func(s *Spec) any { return &s.Credentials.LoginToken }},
		{name: "enable_iam_login", since: Version{1, 20, 0}, field: func(s *Spec) any { return &s.Credentials.IAMLogin }},
		{name: "host", since: Version{1, 12, 0}, field: func(s *Spec) any { return &s.API.Endpoint }},
		{name: "quota_project", since: Version{1, 28, 0}, field: func(s *Spec) any { return &s.API.QuotaProject }},
		{name: "refresh_config_throttle", since: Version{1, 11, 0}, field: func(s *Spec) any { return &s.V1.RefreshThrottle }},
		{name: "max_connections", since: Version{1, 11, 0}, field: func(s *Spec) any { return &s.MaxConnections }},
		{name: "fd_rlimit", since: Version{1, 12, 0}, field: func(s *Spec) any { return &s.V1.FDLimit }},
		{name: "structured_logs", since: Version{1, 21, 0}, field: func(s *Spec) any { return &s.Logs.Structured }},
		{name: "log_debug_stdout", since: Version{1, 13, 0}, field: func(s *Spec) any { return &s.V1.LogDebugStdout }},
		{name: "quiet", since: Version{1, 10, 0}, field: func(s *Spec) any { return &s.Logs.Quiet }},
		{name: "verbose", since: Version{1, 10, 0}, field: func(s *Spec) any { return &s.V1.Verbose }},
		{name: "use_http_health_check", since: Version{1, 25, 0}, field: func(s *Spec) any { return &s.HTTP.HealthCheck }},
		{name: "health_check_port", since: Version{1, 25, 0}, field: func(s *Spec) any { return &s.HTTP.Port }},
		{name: "term_timeout", since: Version{1, 13, 0}, field: func(s *Spec) any { return &s.Shutdown.MaxDelay }},
	},
}

// v1Instances is v1's flag for instances, which no field of an option holds.
const v1Instances = "instances"

var (
	// instancesEnvSince: INSTANCES is read where there is no flag.
	instancesEnvSince = Version{1, 12, 0}
	// instancesAddUpSince: the flag adds to what it said before, it replaced that.
	instancesAddUpSince = Version{1, 28, 0}
)

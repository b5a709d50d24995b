package proxy

import (
	"reflect"
	"strings"
	"testing"
)

func TestValidation(t *testing.T) {
	for name, test := range map[string]struct {
		program Program
		args    string
		want    []string
	}{
		"address":              {v2, "--address=localhost a:b:c", []string{"error address-not-ip args[0] --address"}},
		"empty address":        {v2, "a:b:c?address=&port=1", []string{"error address-not-ip args[0] a:b:c"}},
		"port too high":        {v2, "a:b:c?port=99999", []string{"error port-range args[0] a:b:c"}},
		"port for all":         {v2, "--port=70000 a:b:c?port=1", []string{"error port-range args[0] --port"}},
		"health port":          {v2, "--health-check --http-port=http a:b:c?port=1", []string{"error port-range args[1] --http-port"}},
		"one port":             {v2, "a:b:c?port=3306 a:b:d?port=3306", []string{"error port-conflict args[1] a:b:d"}},
		"counted into":         {v2, "--port=3306 a:b:c a:b:d?port=3307 a:b:e", []string{"error port-conflict args[3] a:b:e"}},
		"two addresses":        {v2, "a:b:c?port=1&address=127.0.0.1 a:b:d?port=1&address=127.0.0.2", nil},
		"two families":         {v2, "a:b:c?port=1&address=0.0.0.0 a:b:d?port=1&address=::", nil},
		"all addresses":        {v2, "a:b:c?port=1&address=0.0.0.0 a:b:d?port=1&address=127.0.0.2", []string{"error port-conflict args[1] a:b:d"}},
		"health check":         {v2, "--health-check a:b:c?port=9090", []string{"error port-conflict args[0] --health-check"}},
		"no health check":      {v2, "a:b:c?port=9090", nil},
		"metrics":              {v2, "--prometheus --http-port=5432 a:b:c?port=5432", []string{"error port-conflict args[1] --http-port"}},
		"admin":                {v2, "--quitquitquit a:b:c?port=9091", []string{"error port-conflict args[0] --quitquitquit"}},
		"own servers":          {v2, "--debug --health-check --admin-port=9090 a:b:c?port=1", []string{"error port-conflict args[2] --admin-port"}},
		"AlloyDB's default":    {alloydb, uri + " " + uri + "?port=5432", []string{"error port-conflict args[1] " + uri}},
		"v1 one port":          {v1, "-instances=a:b:c=tcp:1,a:b:d=tcp:0.0.0.0:1", []string{"error port-conflict args[0] a:b:d"}},
		"v1 two families":      {v1, "-instances=a:b:c=tcp:127.0.0.1:1,a:b:d=tcp6:[::]:1", nil},
		"v1 all of IPv6":       {v1, "-instances=a:b:c=tcp6:[::]:1,a:b:d=tcp6:1", []string{"error port-conflict args[0] a:b:d"}},
		"v1 health":            {v1, "-use_http_health_check -instances=a:b:c=tcp:8090", []string{"error port-conflict args[0] -use_http_health_check"}},
		"one socket":           {v2, "a:b:c?unix-socket-path=/s a:b:d?unix-socket-path=/s", []string{"error port-conflict args[1] a:b:d"}},
		"socket and address":   {v2, "--unix-socket=/s --address=0.0.0.0 a:b:c", []string{"error socket-conflict args[0] --unix-socket"}},
		"socket and port":      {v2, "-u /s --port=1 a:b:c", []string{"error socket-conflict args[0] --unix-socket"}},
		"own socket and port":  {v2, "a:b:c?port=1&unix-socket=/s", []string{"error socket-conflict args[0] a:b:c"}},
		"two sockets":          {v2, "a:b:c?unix-socket-path=/s/a&unix-socket=/s", []string{"error socket-conflict args[0] a:b:c"}},
		"socket, one port":     {v2, "-u /s a:b:c a:b:d?port=1", nil},
		"private and auto":     {v2, "--private-ip --auto-ip a:b:c", []string{"error ip-conflict args[1] --auto-ip"}},
		"private and psc":      {v2, "--private-ip --psc a:b:c", []string{"error ip-conflict args[0] --private-ip"}},
		"own private, psc":     {v2, "a:b:c?private-ip=f&psc", []string{"error ip-conflict args[0] a:b:c"}},
		"own private, auto":    {v2, "--auto-ip a:b:c?private-ip", []string{"error ip-conflict args[1] a:b:c"}},
		"own public, auto":     {v2, "--auto-ip a:b:c?private-ip=f", nil},
		"zone":                 {v2, "a:b:c?address=fe80::1%25eth0&port=1", []string{"error address-not-ip args[0] a:b:c"}},
		"public and psc":       {alloydb, "--public-ip --psc " + uri, []string{"warning ip-conflict args[1] --psc"}},
		"types":                {v1, "-ip_address_types=INTERNAL -instances=a:b:c=tcp:1", []string{"error ip-conflict args[0] -ip_address_types"}},
		"token and file":       {v2, "--token=x --credentials-file=/f a:b:c", []string{"error auth-conflict args[1] --credentials-file"}},
		"json and gcloud":      {v2, "-g --json-credentials={} a:b:c", []string{"error auth-conflict args[0] --gcloud-auth"}},
		"iam and gcloud":       {v2, "-g -i a:b:c", []string{"error auth-conflict args[1] --auto-iam-authn"}},
		"iam and token":        {v2, "-t x -i a:b:c", []string{"error login-token args[2] --auto-iam-authn"}},
		"before the flag":      {at(V2, 2, 0, 0), "-t x -i a:b:c", nil},
		"all three":            {v2, "-t x -i --login-token=y a:b:c", nil},
		"login token alone":    {v2, "--login-token=y a:b:c", []string{"error login-token args[0] --login-token"}},
		"AlloyDB login token":  {alloydb, "--login-token=y " + uri, []string{"warning login-token args[0] --login-token"}},
		"v1 token and file":    {v1, "-token=x -credential_file=/f -instances=a:b:c=tcp:1", []string{"warning auth-conflict args[0] -token"}},
		"v1 login token":       {v1, "-login_token=x -instances=a:b:c=tcp:1", []string{"error login-token args[0] -login_token"}},
		"v1 file and login":    {v1, "-credential_file=/f -login_token=x -instances=a:b:c=tcp:1", nil},
		"v1 iam and token":     {v1, "-token=x -enable_iam_login -instances=a:b:c=tcp:1", []string{"error login-token args[1] -enable_iam_login"}},
		"endpoint and domain":  {v2, "--sqladmin-api-endpoint=https://x --universe-domain=y a:b:c", []string{"error endpoint-conflict args[1] --universe-domain"}},
		"v1 host":              {v1, "-host=https://x -instances=a:b:c=tcp:1", []string{"error endpoint-slash args[0] -host"}},
		"fuse and test":        {v2, "--fuse=/d --run-connection-test", []string{"error fuse-conflict args[1] --run-connection-test"}},
		"v1 fuse":              {v1, "-fuse -dir=/d -instances=a:b:c", []string{"error fuse-conflict args[0] -fuse"}},
		"v1 fuse, no dir":      {v1, "-fuse", []string{"error socket-dir args[0] -fuse"}},
		"v1 metadata":          {v1, "-instances_metadata=x", []string{"error socket-dir args[0] -instances_metadata"}},
		"v1 projects":          {v1, "-projects=x", []string{"error socket-dir args[0] -projects"}},
		"v1 health port alone": {v1, "-health_check_port=1 -instances=a:b:c=tcp:1", []string{"warning option-ignored args[0] -health_check_port"}},
		"of no use": {v2, "--http-port=1 --admin-port=2 --telemetry-prefix=x --disable-metrics --prometheus-namespace=n --skip-failed-instance-config a:b:c",
			[]string{"warning option-ignored args[0] --http-port", "warning option-ignored args[4] --prometheus-namespace", "warning option-ignored args[1] --admin-port",
				"warning option-ignored args[2] --telemetry-prefix", "warning option-ignored args[3] --disable-metrics", "warning option-ignored args[5] --skip-failed-instance-config"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, problems := Parse(test.program, strings.Fields(test.args), nil)
			checkBrief(t, problems, test.want...)
			again := Validate(s)
			if len(again) != len(problems) {
				t.Errorf("Validate says %v", again)
			}
		})
	}
}

func TestListeners(t *testing.T) {
	engines := map[string]string{"a:b:my": "MYSQL_8_0", "a:b:pg": "POSTGRES_15", "a:b:pg2": "POSTGRES_16", "a:b:ms": "SQLSERVER_2019_WEB"}
	for name, test := range map[string]struct {
		program Program
		args    string
		want    []Listener
	}{
		"by engine": {v2, "a:b:my a:b:pg a:b:pg2 a:b:ms a:b:unknown", []Listener{
			{RoleDatabase, 0, "tcp4", "127.0.0.1", 3306, ""}, {RoleDatabase, 1, "tcp4", "127.0.0.1", 5432, ""}, {RoleDatabase, 2, "tcp4", "127.0.0.1", 5433, ""},
			{RoleDatabase, 3, "tcp4", "127.0.0.1", 1433, ""}, {RoleDatabase, 4, "tcp4", "127.0.0.1", 0, ""}}},
		"counted": {v2, "-p 6000 -a :: a:b:my a:b:pg?port=1 a:b:pg2", []Listener{
			{RoleDatabase, 0, "tcp6", "::", 6000, ""}, {RoleDatabase, 1, "tcp6", "::", 1, ""}, {RoleDatabase, 2, "tcp6", "::", 6001, ""}}},
		"sql-data": {v2, "a:b:unknown?sql-data=true", []Listener{{RoleDatabase, 0, "tcp4", "127.0.0.1", 5432, ""}}},
		"sockets": {v2, "-u /s a:b:my a:b:pg?port=1 a:b:ms?unix-socket-path=/p", []Listener{
			{RoleDatabase, 0, "unix", "", 0, "/s/a:b:my"}, {RoleDatabase, 1, "tcp4", "127.0.0.1", 1, ""}, {RoleDatabase, 2, "unix", "", 0, "/p"}}},
		"servers": {v2, "--health-check --debug a:b:my", []Listener{
			{RoleDatabase, 0, "tcp4", "127.0.0.1", 3306, ""}, {RoleHTTP, -1, "tcp", "localhost", 9090, ""}, {RoleAdmin, -1, "tcp", "localhost", 9091, ""}}},
		"all addresses": {v2, "--prometheus --http-address= --http-port=1 a:b:my", []Listener{
			{RoleDatabase, 0, "tcp4", "127.0.0.1", 3306, ""}, {RoleHTTP, -1, "tcp", "", 1, ""}}},
		"AlloyDB": {alloydb, uri + " " + uri + "?address=0.0.0.0 projects/Ex.com:p/locations/r/clusters/c/instances/I?unix-socket=/s", []Listener{
			{RoleDatabase, 0, "tcp4", "127.0.0.1", 5432, ""}, {RoleDatabase, 1, "tcp4", "0.0.0.0", 5433, ""}, {RoleDatabase, 2, "unix", "", 0, "/s/ex.com_p.r.c.i"}}},
		"v1": {v1, "-dir=/d -use_http_health_check -instances=a:b:c=tcp:1,a:b:d=tcp:0.0.0.0:2,a:b:e=tcp6:3,a:b:f,a:b:g=unix:x,a:b:h=unix:/y,a:b:i=tcp4:0.0.0.0:4", []Listener{
			{RoleDatabase, 0, "tcp", "127.0.0.1", 1, ""}, {RoleDatabase, 1, "tcp", "", 2, ""}, {RoleDatabase, 2, "tcp6", "::1", 3, ""},
			{RoleDatabase, 3, "unix", "", 0, "/d/a:b:f"}, {RoleDatabase, 4, "unix", "", 0, "/d/x"}, {RoleDatabase, 5, "unix", "", 0, "/y"}, {RoleDatabase, 6, "tcp4", "0.0.0.0", 4, ""}, {RoleHTTP, -1, "tcp", "", 8090, ""}}},
	} {
		s, _ := Parse(test.program, strings.Fields(test.args), nil)
		if got := s.Listeners(func(name string) string { return engines[name] }); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %v\nwant %v", name, got, test.want)
		}
	}
}

// A port alone is v1's trap: it is heard in the pod only.
func TestLoopback(t *testing.T) {
	for text, want := range map[string]bool{"tcp:3306": true, "tcp:0.0.0.0:3306": false, "tcp:localhost:3306": true, "tcp::3306": false, "tcp:[::1]:1": true, "tcp:10.0.0.1:1": false} {
		s, _ := Parse(v1, []string{"-instances=" + sql + "=" + text}, nil)
		if got := s.Listeners(nil)[0].Loopback(); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestRouteOf(t *testing.T) {
	for name, test := range map[string]struct {
		program Program
		args    string
		want    Route
	}{
		"v1":             {v1, "-instances=a:b:c=tcp:1", RouteAny},
		"v1 private":     {v1, "-ip_address_types=private -instances=a:b:c=tcp:1", RoutePrivate},
		"v1 primary":     {v1, "-ip_address_types=PRIMARY -instances=a:b:c=tcp:1", RoutePublic},
		"v1 wrong":       {v1, "-ip_address_types=X -instances=a:b:c=tcp:1", RouteUnknown},
		"v2":             {v2, "a:b:c", RoutePublic},
		"v2 private":     {v2, "--private-ip a:b:c", RoutePrivate},
		"v2 not private": {v2, "--private-ip a:b:c?private-ip=false", RoutePublic},
		"v2 auto":        {v2, "--auto-ip a:b:c?psc=f", RouteAny},
		"v2 psc":         {v2, "--private-ip a:b:c?private-ip=f&psc", RoutePSC},
		"v2 sql-data":    {v2, "--sql-data a:b:c?sql-data=false", RouteAPI},
		"AlloyDB":        {alloydb, uri, RoutePrivate},
		"AlloyDB public": {alloydb, "--public-ip " + uri, RoutePublic},
		"AlloyDB psc":    {alloydb, uri + "?psc", RoutePSC},
	} {
		s, _ := Parse(test.program, strings.Fields(test.args), nil)
		if got := s.RouteOf(s.Instances[0]); got != test.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

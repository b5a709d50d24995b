package diagnose

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// preStop is the hook of the proxy's container; nil if there is none.
func (s *subject) preStop() *corev1.LifecycleHandler {
	if s.Container.Lifecycle == nil {
		return nil
	}
	return s.Container.Lifecycle.PreStop
}

// preStopTime is how long the hook takes that does nothing but wait; 0 for others.
func (s *subject) preStopTime() time.Duration {
	hook := s.preStop()
	switch {
	case hook == nil:
	case hook.Sleep != nil:
		return time.Duration(hook.Sleep.Seconds) * time.Second
	case hook.Exec != nil && !s.lacksPrograms():
		words := strings.Fields(strings.Join(hook.Exec.Command, " "))
		if i := slices.IndexFunc(words, func(w string) bool { return path.Base(w) == "sleep" }); i >= 0 && i+1 < len(words) {
			if n, err := strconv.ParseFloat(strings.TrimSuffix(words[i+1], "s"), 64); err == nil && n > 0 && n < 86400 {
				return time.Duration(n * float64(time.Second))
			}
		}
	}
	return 0
}

// checkPreStop judges the hook that runs before a pod ends.
func (c *checker) checkPreStop(s *subject) {
	hook := s.preStop()
	switch {
	case hook == nil:
	case hook.HTTPGet != nil:
		c.checkPreStopHTTP(s, hook.HTTPGet)
	case hook.Exec != nil && len(hook.Exec.Command) > 0:
		c.checkPreStopExec(s, hook.Exec.Command)
	}
}

// checkPreStopHTTP finds hooks that ask the admin server: the kubelet asks at the pod's
// address, and that server is on localhost, always.
func (c *checker) checkPreStopHTTP(s *subject, get *corev1.HTTPGetAction) {
	if !strings.Contains(get.Path, "quitquitquit") {
		return
	}
	f := finding.Finding{
		ID: "prestop-quit", Severity: finding.Error, Object: s.Object,
		What:     "The preStop hook always fails: the kubelet asks for /quitquitquit at the pod's address, but the proxy answers that on localhost only.",
		Evidence: append(quote(s.Path+".lifecycle.preStop.httpGet", fmt.Sprintf("%s at port %s", get.Path, get.Port.String())), c.failedHook(s)...),
		Fix:      []finding.Step{do(c.leaveHookOut(s))},
	}
	if s.Spec.Engine == proxy.V1 {
		f.What = "The preStop hook always fails: v1 of the proxy has no /quitquitquit."
	}
	c.add(s, aside, f)
}

func (c *checker) leaveHookOut(s *subject) string {
	if s.Spec.Shutdown.MinDelay > 0 {
		return "Leave the hook out: the proxy waits by itself when it gets SIGTERM."
	}
	return "Leave the hook out: SIGTERM ends the proxy. " + c.delayFix(s)
}

func (c *checker) failedHook(s *subject) []finding.Evidence {
	for _, p := range s.Pods {
		if e := c.lastEvent("Pod", p.Namespace, p.Name, "FailedPreStopHook", ""); e != nil {
			return quote("event FailedPreStopHook of pod/"+p.Name, e.Message)
		}
	}
	return nil
}

func (c *checker) checkPreStopExec(s *subject, command []string) {
	program := path.Base(command[0])
	if slices.Contains([]string{"cloud-sql-proxy", "alloydb-auth-proxy", "cloud_sql_proxy"}, program) {
		if slices.Contains(command[1:], "shutdown") {
			c.checkPreStopShutdown(s, command)
		}
		return
	}
	if !s.lacksPrograms() {
		return
	}
	f := finding.Finding{
		ID: "prestop-exec-missing", Severity: finding.Error, Object: s.Object,
		What:     fmt.Sprintf("The preStop hook always fails: it runs %s, but the image holds the proxy alone.", program),
		Evidence: append(quote(s.Path+".lifecycle.preStop.exec.command[0]", command[0]), quote(s.Path+".image", s.Container.Image)...),
		Cause:    "So the pod does not wait before the proxy gets SIGTERM.",
	}
	f.Evidence = append(f.Evidence, c.failedHook(s)...)
	switch {
	case s.Spec.Engine != proxy.V1 && s.knowsMinDelay():
		f.Fix = append(f.Fix, do(c.leaveHookOut(s)))
	case c.Minor == 0 || c.Minor >= 30:
		f.Fix = append(f.Fix, do("Write preStop: {sleep: {seconds: 15}}: then the kubelet waits, and no program is needed."))
	default:
		f.Fix = append(f.Fix, do("Take the image of the same version with -alpine at the end of its tag, which has a shell and sleep."))
	}
	c.add(s, aside, f)
}

// lacksPrograms reports whether nothing but the proxy is in its image, as far as the tag
// says it: v1 is so since 1.16, v2 always, other than in variants with a system in them.
func (s *subject) lacksPrograms() bool {
	program, ok := proxy.Identify(s.Container.Image)
	if !ok || !program.Version.Known() {
		return false
	}
	if slices.ContainsFunc([]string{"alpine", "buster", "bullseye", "bookworm", "trixie"}, func(word string) bool { return strings.Contains(s.Container.Image, "-"+word) }) {
		return false
	}
	return program.Engine != proxy.V1 || !program.Version.Before(proxy.Version{Major: 1, Minor: 16})
}

// checkPreStopShutdown judges a hook that asks the proxy to end.
func (c *checker) checkPreStopShutdown(s *subject, command []string) {
	f := finding.Finding{
		ID: "prestop-shutdown-version", Severity: finding.Error, Object: s.Object,
		Evidence: quote(s.Path+".lifecycle.preStop.exec.command", strings.Join(command, " ")),
		Fix:      []finding.Step{do(c.leaveHookOut(s))},
	}
	port, asked := s.adminPort(), askedAdminPort(command)
	switch {
	case s.Spec.Engine == proxy.V1:
		f.What = "The preStop hook always fails: v1 of the proxy has no shutdown command."
	case s.Spec.Engine == proxy.V2 && s.Spec.Version.Before(proxy.Version{Major: 2, Minor: 20}):
		f.What = fmt.Sprintf("The preStop hook always fails: the proxy has a shutdown command since 2.20, and this is %s.", s.Spec.Version)
	case !s.told():
		return
	case !s.Spec.Admin.QuitQuitQuit:
		f.What = "The preStop hook always fails: the proxy is not told --quitquitquit, so it does not listen for the shutdown command."
	case asked != port:
		f.What = fmt.Sprintf("The preStop hook always fails: it asks at port %s, but the proxy's admin server is at port %s.", asked, port)
	case s.Shared:
		f.Severity = finding.Warning
		f.What = "The preStop hook shuts the proxy down at once, while the Service still leads clients to the pod: their connections fail."
	default:
		return
	}
	if f.Severity == finding.Error {
		f.Evidence = append(f.Evidence, c.failedHook(s)...)
	}
	c.add(s, aside, f)
}

const defaultAdminPort = "9091"

func (s *subject) adminPort() string { return s.Spec.Admin.Port.Or(defaultAdminPort) }

// askedAdminPort is the value of --admin-port of a command line.
func askedAdminPort(command []string) string {
	for i, word := range command {
		if value, ok := strings.CutPrefix(word, "--admin-port="); ok {
			return value
		}
		if word == "--admin-port" && i+1 < len(command) {
			return command[i+1]
		}
	}
	return defaultAdminPort
}

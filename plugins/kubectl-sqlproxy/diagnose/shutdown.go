package diagnose

import (
	"fmt"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// shutdownCatalogue is what can be wrong with how a pod ends.
func shutdownCatalogue() finding.Catalogue {
	return finding.Catalogue{
		{ID: "no-sigterm-delay", Severity: finding.Warning, Title: "A pod that ends cuts its connections at once"},
		{ID: "max-without-min", Severity: finding.Warning, Title: "New connections fail while a pod ends"},
		{ID: "grace-too-short", Severity: finding.Error, Title: "The kubelet kills the proxy before its delays are over"},
		{ID: "prestop-quit", Severity: finding.Error, Title: "A preStop hook asks a server that only the pod itself reaches"},
		{ID: "prestop-exec-missing", Severity: finding.Error, Title: "A preStop hook runs a program that is not in the image"},
		{ID: "prestop-shutdown-version", Severity: finding.Error, Title: "A preStop hook shuts the proxy down in a way that fails, or too early"},
	}
}

// endMargin is what a proxy needs to end beside its delays, before the kubelet kills it.
const endMargin = 5 * time.Second

// checkShutdown judges how a pod ends.
func (c *checker) checkShutdown(s *subject) {
	c.checkPreStop(s)
	if !s.told() {
		return
	}
	if s.Shared {
		c.checkDelays(s)
	}
	c.checkGracePeriod(s)
}

// shutdownTime is how long a pod takes to end at most: its hook, and the proxy's delays.
func (s *subject) shutdownTime() time.Duration {
	return s.preStopTime() + s.Spec.Shutdown.MinDelay + s.Spec.Shutdown.MaxDelay
}

// checkDelays judges what clients feel. A hook that sleeps does what the minimum does.
func (c *checker) checkDelays(s *subject) {
	first, last := s.Spec.Shutdown.MinDelay+s.preStopTime(), s.Spec.Shutdown.MaxDelay
	f := finding.Finding{Severity: finding.Warning, Object: s.Object}
	switch {
	case first == 0 && last == 0:
		f.ID = "no-sigterm-delay"
		f.What = "When a pod ends, the proxy cuts all connections at once, and clients get none while they are still sent there."
		f.Evidence = quote(s.Path+", delays after SIGTERM", "none, which is the default")
	case first == 0 && s.Spec.Engine != proxy.V1:
		f.ID = "max-without-min"
		f.What = fmt.Sprintf("When a pod ends, the proxy takes new connections for up to %s, and each of them fails.", last)
		f.Evidence = quote(s.Path+", --max-sigterm-delay", last.String())
		f.Cause = "It does not dial any more as soon as it gets SIGTERM (“dialer is closed”), but listens until all clients are gone, and the Service still leads there for some seconds."
	default:
		return
	}
	f.Fix = []finding.Step{do(c.delayFix(s))}
	c.add(s, aside, f)
}

func (c *checker) delayFix(s *subject) string {
	switch {
	case s.Spec.Engine == proxy.V1 && s.Spec.Version.Before(proxy.Version{Major: 1, Minor: 13}):
		return "v1 waits since v1.13 only, with -term_timeout=30s: take a newer image."
	case s.Spec.Engine == proxy.V1:
		return "Add -term_timeout=30s to the command, and have terminationGracePeriodSeconds: 40."
	case !s.knowsMinDelay() && (c.Minor == 0 || c.Minor >= 30):
		return fmt.Sprintf("Have --max-sigterm-delay=30s in %s.args and, as this version has no --min-sigterm-delay, lifecycle: {preStop: {sleep: {seconds: 15}}} to the container; have terminationGracePeriodSeconds: 55.", s.Path)
	case !s.knowsMinDelay():
		return fmt.Sprintf("Take an image that knows --min-sigterm-delay, have --min-sigterm-delay=15s --max-sigterm-delay=30s in %s.args, and terminationGracePeriodSeconds: 55.", s.Path)
	}
	return fmt.Sprintf("Have --min-sigterm-delay=15s --max-sigterm-delay=30s in %s.args, and terminationGracePeriodSeconds: 55.", s.Path)
}

func (s *subject) knowsMinDelay() bool {
	if s.Spec.Engine == proxy.AlloyDB {
		return !s.Spec.Version.Before(proxy.Version{Major: 1, Minor: 11})
	}
	return !s.Spec.Version.Before(proxy.Version{Major: 2, Minor: 12})
}

// checkGracePeriod compares what the kubelet allows with what the proxy waits for.
func (c *checker) checkGracePeriod(s *subject) {
	grace := 30 * time.Second
	said := "none: 30"
	if p := s.Template.Spec.TerminationGracePeriodSeconds; p != nil {
		grace, said = time.Duration(*p)*time.Second, fmt.Sprint(*p)
	}
	takes := s.shutdownTime()
	if takes == 0 || grace >= takes+endMargin {
		return
	}
	seconds := int((takes + 2*endMargin).Round(time.Second) / time.Second)
	c.add(s, aside, finding.Finding{
		ID: "grace-too-short", Severity: finding.Error, Object: s.Object,
		What: fmt.Sprintf("The proxy takes up to %s to end, but the kubelet kills it after %s: connections that are still open are cut, with exit code 137.", takes, grace),
		Evidence: append(quote("terminationGracePeriodSeconds", said),
			quote(s.Path+", preStop and sigterm delays", takes.String())...),
		Fix: []finding.Step{do(fmt.Sprintf("Have terminationGracePeriodSeconds: %d in the pod template, or shorter delays.", seconds))},
	})
}

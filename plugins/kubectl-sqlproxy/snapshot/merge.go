package snapshot

// Merge adds all objects of a part, and what could not be read of it, so that parts can
// be read at the same time. The part is not to be used any more. Close comes after.
func (s *Snapshot) Merge(part *Snapshot) {
	s.Workloads = append(s.Workloads, part.Workloads...)
	s.Pods = append(s.Pods, part.Pods...)
	s.Services = append(s.Services, part.Services...)
	s.EndpointSlices = append(s.EndpointSlices, part.EndpointSlices...)
	s.Budgets = append(s.Budgets, part.Budgets...)
	s.Policies = append(s.Policies, part.Policies...)
	s.Autoscalers = append(s.Autoscalers, part.Autoscalers...)
	s.ServiceAccounts = append(s.ServiceAccounts, part.ServiceAccounts...)
	s.ConfigMaps = append(s.ConfigMaps, part.ConfigMaps...)
	s.Namespaces = append(s.Namespaces, part.Namespaces...)
	s.Nodes = append(s.Nodes, part.Nodes...)
	s.Secrets = append(s.Secrets, part.Secrets...)
	s.Events = append(s.Events, part.Events...)
	s.Injectors = append(s.Injectors, part.Injectors...)
	s.Logs = append(s.Logs, part.Logs...)
	s.Probes = append(s.Probes, part.Probes...)
	s.Tests = append(s.Tests, part.Tests...)
	s.Missing = append(s.Missing, part.Missing...)
	s.Problems = append(s.Problems, part.Problems...)
}

package chain

// Merge takes over what was added to another snapshot, which is not used any more: lists
// that are read at the same time are each added to one of their own.
func (s *Snapshot) Merge(o *Snapshot) {
	s.IstioGateways = append(s.IstioGateways, o.IstioGateways...)
	s.VirtualServices = append(s.VirtualServices, o.VirtualServices...)
	s.Ingresses = append(s.Ingresses, o.Ingresses...)
	s.Gateways = append(s.Gateways, o.Gateways...)
	s.ReferenceGrants = append(s.ReferenceGrants, o.ReferenceGrants...)
	s.Pods = append(s.Pods, o.Pods...)
	s.Services = append(s.Services, o.Services...)
	s.Workloads = append(s.Workloads, o.Workloads...)
	s.Trusting = append(s.Trusting, o.Trusting...)
	s.Secrets = append(s.Secrets, o.Secrets...)
	s.Certificates = append(s.Certificates, o.Certificates...)
	s.Requests = append(s.Requests, o.Requests...)
	s.Orders = append(s.Orders, o.Orders...)
	s.Challenges = append(s.Challenges, o.Challenges...)
	s.Issuers = append(s.Issuers, o.Issuers...)
	s.Events = append(s.Events, o.Events...)
	s.CRDs = append(s.CRDs, o.CRDs...)
	s.Problems = append(s.Problems, o.Problems...)
	for at := range o.dumped {
		s.noteScope(at)
	}
}

package pool

import corev1 "k8s.io/api/core/v1"

// instanceIDKey is an annotation that GKE gives to nodes.
const instanceIDKey = "container.googleapis.com/instance_id"

// MachineOf returns what a Node object says of its machine.
func MachineOf(n *corev1.Node) Machine {
	return Machine{ProviderID: n.Spec.ProviderID, UID: n.UID, BootID: n.Status.NodeInfo.BootID, InstanceID: n.Annotations[instanceIDKey]}
}

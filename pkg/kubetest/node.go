package kubetest

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Node makes a node that is Ready, with 4 CPUs, 16 GiB and room for 110 pods;
// edits change it.
func Node(name string, edits ...func(*corev1.Node)) *corev1.Node {
	now := metav1.Now()
	room := corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("16Gi"), corev1.ResourcePods: resource.MustParse("110")}
	n := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: now, Labels: map[string]string{
			corev1.LabelHostname: name, corev1.LabelOSStable: "linux", corev1.LabelArchStable: "amd64"}},
		Status: corev1.NodeStatus{
			Capacity: room, Allocatable: room,
			Addresses: []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: podIP("node", name)}, {Type: corev1.NodeHostName, Address: name}},
			Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "KubeletReady",
				LastTransitionTime: now, LastHeartbeatTime: now}},
			NodeInfo: corev1.NodeSystemInfo{KubeletVersion: "v1.36.1", OSImage: "Linux", KernelVersion: "6.12.0", ContainerRuntimeVersion: "containerd://2.1.0",
				OperatingSystem: "linux", Architecture: "amd64", BootID: newUID(), MachineID: randomHex(16)},
		},
	}
	for _, edit := range edits {
		edit(n)
	}
	return n
}

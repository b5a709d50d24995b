package realcluster

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The images that scripts/cluster puts on its nodes.
const (
	BusyboxImage   = "kubechores.local/busybox:dev"
	LogwriterImage = "kubechores.local/logwriter:dev"

	// GNUImage has dash as sh, bash, the GNU coreutils, grep and sed of the
	// host with glibc, and the logwriter. ps and kill are programs in it only
	// where the host has Debian's procps; kill is built into the shells. There
	// is no sort, awk or find.
	GNUImage = "kubechores.local/gnu:dev"
	// NoTailImage has a busybox with sh, cat, cp, dd, kill, ls, mkdir, mv, rm,
	// sleep and stat but no tail nor any other program, and the logwriter. What
	// its shell has built in, such as echo, printf, read and test, works.
	NoTailImage = "kubechores.local/notail:dev"
	// NoStatImage is NoTailImage without stat.
	NoStatImage = "kubechores.local/nostat:dev"
	// ScratchWriterImage has the logwriter, its entrypoint, and nothing else: no
	// shell, no /tmp, no /etc/passwd. Give the flags as Args, without a Command.
	// It can write a file into / or into a volume.
	ScratchWriterImage = "kubechores.local/logwriter:scratch"
)

// Container returns a container of an image and its command line.
func Container(name, image string, command ...string) corev1.Container {
	return corev1.Container{Name: name, Image: image, ImagePullPolicy: corev1.PullIfNotPresent, Command: command}
}

// Shell returns a container that runs a shell script.
func Shell(name, script string) corev1.Container {
	return Container(name, BusyboxImage, "sh", "-c", script)
}

// Writer returns a container of numbered lines; args are the program's flags,
// see scripts/cluster/images/logwriter. Each run of the container has a prefix
// of its own, "i" and 8 hexadecimal digits, so that every line that was ever
// written can be told from every other one.
func Writer(name string, args ...string) corev1.Container {
	const script = `exec /usr/local/bin/logwriter -prefix "i$(cut -c1-8 /proc/sys/kernel/random/uuid)" "$@"`
	c := Container(name, LogwriterImage, "sh", "-c", script, "logwriter")
	c.Args = args
	return c
}

// Pod returns a pod that is not started again, labelled app=NAME.
func Pod(name string, containers ...corev1.Container) *corev1.Pod {
	return &corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"app": name}},
		Spec:       podSpec(corev1.RestartPolicyNever, containers),
	}
}

// On returns the pod bound to a node.
func On(node string, p *corev1.Pod) *corev1.Pod {
	p.Spec.NodeSelector = map[string]string{corev1.LabelHostname: node}
	return p
}

// Template returns the pod template of a workload, labelled app=NAME, with what
// restarts its containers.
func Template(name string, restart corev1.RestartPolicy, containers ...corev1.Container) corev1.PodTemplateSpec {
	return corev1.PodTemplateSpec{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": name}},
		Spec:       podSpec(restart, containers),
	}
}

// Selector selects the pods of Template.
func Selector(name string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{"app": name}}
}

func podSpec(restart corev1.RestartPolicy, containers []corev1.Container) corev1.PodSpec {
	grace := int64(5) // seconds: the writer ends at once, a shell does not
	return corev1.PodSpec{RestartPolicy: restart, Containers: containers, TerminationGracePeriodSeconds: &grace}
}

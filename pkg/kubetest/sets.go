package kubetest

import (
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// StatefulSet is a StatefulSet with pods <name>-0, <name>-1, ...
type StatefulSet struct {
	Namespace, Name string

	srv    *Server
	opts   []PodOption
	object *appsv1.StatefulSet
}

// StatefulSet makes a StatefulSet with replicas running pods, labelled
// app=<name>.
func (s *Server) StatefulSet(namespace, name string, replicas int, opts ...PodOption) *StatefulSet {
	labels := map[string]string{"app": name}
	n := int32(replicas)
	set := &StatefulSet{Namespace: namespace, Name: name, srv: s, opts: opts, object: &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: labels, Generation: 1},
		Spec: appsv1.StatefulSetSpec{Replicas: &n, ServiceName: name, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: templateOf(labels, opts)},
		Status: appsv1.StatefulSetStatus{ObservedGeneration: 1, Replicas: n, ReadyReplicas: n, CurrentReplicas: n, UpdatedReplicas: n, AvailableReplicas: n},
	}}
	s.Must(s.Create(set.object))
	for i := range replicas {
		set.addPod(i)
	}
	return set
}

func (set *StatefulSet) addPod(i int) {
	name := set.Name + "-" + strconv.Itoa(i)
	opts := append(slices.Clone(set.opts),
		WithLabels("app", set.Name, "statefulset.kubernetes.io/pod-name", name, "apps.kubernetes.io/pod-index", strconv.Itoa(i)),
		WithOwner("apps/v1", "StatefulSet", set.Name, string(set.object.UID)))
	set.srv.Must(set.srv.Create(Pod(set.Namespace, name, opts...)))
}

// Recreate deletes pod i and makes it again: the same name, another uid,
// another container, an empty log.
func (set *StatefulSet) Recreate(i int) {
	if err := set.srv.DeletePod(set.Namespace, set.Name+"-"+strconv.Itoa(i)); !isNotFound(err) {
		set.srv.Must(err)
	}
	set.addPod(i)
}

// DaemonSet makes a DaemonSet with a running pod on each of nodes, labelled
// app=<name>, and returns the pods' names in the order of nodes.
func (s *Server) DaemonSet(namespace, name string, nodes []string, opts ...PodOption) []string {
	labels := map[string]string{"app": name}
	n := int32(len(nodes))
	ds := &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: labels, Generation: 1},
		Spec:       appsv1.DaemonSetSpec{Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: templateOf(labels, opts)},
		Status: appsv1.DaemonSetStatus{ObservedGeneration: 1, CurrentNumberScheduled: n, DesiredNumberScheduled: n, NumberReady: n,
			UpdatedNumberScheduled: n, NumberAvailable: n},
	}
	s.Must(s.Create(ds))
	var pods []string
	for _, node := range nodes {
		pod := Pod(namespace, name+"-"+nameSuffix(), append(slices.Clone(opts), OnNode(node), WithLabels("app", name),
			WithOwner("apps/v1", "DaemonSet", name, string(ds.UID)))...)
		s.Must(s.Create(pod))
		pods = append(pods, pod.Name)
	}
	return pods
}

// Job makes a Job with one running pod, whose name it returns. Terminating the
// pod's container is up to the script, FinishJob too.
func (s *Server) Job(namespace, name string, opts ...PodOption) (pod string) {
	return s.job(namespace, name, nil, opts)
}

func (s *Server) job(namespace, name string, owner []metav1.OwnerReference, opts []PodOption) string {
	labels := map[string]string{"job-name": name, "batch.kubernetes.io/job-name": name}
	now := metav1.Now()
	opts = append([]PodOption{WithRestartPolicy(corev1.RestartPolicyNever)}, opts...)
	job := &batchv1.Job{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: labels, OwnerReferences: owner, Generation: 1},
		Spec: batchv1.JobSpec{Parallelism: new(int32(1)), Completions: new(int32(1)), BackoffLimit: new(int32(6)),
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"batch.kubernetes.io/job-name": name}}, Template: templateOf(labels, opts)},
		Status: batchv1.JobStatus{Active: 1, Ready: new(int32(1)), StartTime: &now},
	}
	s.Must(s.Create(job))
	pod := Pod(namespace, name+"-"+nameSuffix(), append(slices.Clone(opts),
		WithLabels("job-name", name, "batch.kubernetes.io/job-name", name), WithOwner("batch/v1", "Job", name, string(job.UID)))...)
	s.Must(s.Create(pod))
	return pod.Name
}

// FinishJob marks a Job complete, or failed.
func (s *Server) FinishJob(namespace, name string, failed bool) {
	job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	s.Must(s.Load(job))
	now := metav1.Now()
	job.Status.Active, job.Status.Ready = 0, new(int32(0))
	kind := batchv1.JobComplete
	if failed {
		kind = batchv1.JobFailed
		job.Status.Failed++
	} else {
		job.Status.Succeeded++
		job.Status.CompletionTime = &now
	}
	job.Status.Conditions = append(job.Status.Conditions, batchv1.JobCondition{Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: now})
	s.Must(s.Update(job))
}

// CronJob is a CronJob; it runs when the script says so.
type CronJob struct {
	Namespace, Name string

	srv    *Server
	opts   []PodOption
	object *batchv1.CronJob
	runs   int
}

// CronJob makes a CronJob that has not run yet. schedule is in cron's form.
func (s *Server) CronJob(namespace, name, schedule string, opts ...PodOption) *CronJob {
	c := &CronJob{Namespace: namespace, Name: name, srv: s, opts: opts, object: &batchv1.CronJob{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Generation: 1},
		Spec: batchv1.CronJobSpec{Schedule: schedule, ConcurrencyPolicy: batchv1.AllowConcurrent, JobTemplate: batchv1.JobTemplateSpec{
			Spec: batchv1.JobSpec{Template: templateOf(nil, append([]PodOption{WithRestartPolicy(corev1.RestartPolicyNever)}, opts...))}}},
	}}
	s.Must(s.Create(c.object))
	return c
}

// Run starts the next Job and returns its name and its pod's.
func (c *CronJob) Run() (job, pod string) {
	c.runs++
	job = c.Name + "-" + strconv.Itoa(29_000_000+c.runs)
	return job, c.srv.job(c.Namespace, job, []metav1.OwnerReference{ownerRef("batch/v1", "CronJob", c.Name, string(c.object.UID))}, c.opts)
}

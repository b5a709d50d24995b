package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/remotecommand"

	"github.com/kubechores/kubechores/pkg/kube"
)

const (
	demoNamespace = "kubechores-demo"
	answerTime    = 3 * time.Second
	readyTime     = 90 * time.Second
	cleanTime     = time.Minute
	firstWords    = 4 * time.Second // of running, so that there is a past to show
)

// realStage is a real cluster, with a namespace of the demo's own in it.
type realStage struct {
	path    string
	image   string
	cluster *kube.Cluster
	dynamic dynamic.Interface
	made    bool // the namespace is ours, and to be removed
}

func newRealStage(path, image string) (*realStage, error) {
	config, err := clientcmd.BuildConfigFromFlags("", path)
	if err != nil {
		return nil, err
	}
	config.UserAgent = kube.UserAgent("kubechores-demo", "dev")
	cluster, err := kube.NewCluster("", demoNamespace, config)
	if err != nil {
		return nil, err
	}
	client, err := cluster.Dynamic()
	return &realStage{path: path, image: image, cluster: cluster, dynamic: client}, err
}

// answers reports whether the cluster can be asked at all.
func (r *realStage) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	_, err := r.cluster.Namespaces().Get(ctx, metav1.NamespaceSystem)
	return err
}

func (r *realStage) kubeconfig() string { return r.path }
func (r *realStage) namespace() string  { return demoNamespace }

// pool is all nodes, as if they were preemptible.
func (r *realStage) pool() []string {
	return []string{"nodes", "-l", "kubernetes.io/os=linux", "--max-age", "24h", "--force", "--delete-emptydir-data"}
}

func (r *realStage) begin(ctx context.Context, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	if err := r.makeNamespace(ctx); err != nil {
		return err
	}
	for _, workload := range workloads(r.image) {
		if _, err := r.dynamic.Resource(deployments()).Namespace(demoNamespace).Create(ctx, workload, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	fmt.Fprintln(out, "Starting its pods ...")
	for {
		running, err := r.running(ctx, "")
		if err != nil {
			return fmt.Errorf("waiting for the demo's pods: %w", err)
		}
		if len(running) == allPods {
			return sleep(ctx, firstWords)
		}
		if err := sleep(ctx, time.Second/2); err != nil {
			return fmt.Errorf("%d of the demo's %d pods run: %w", len(running), allPods, err)
		}
	}
}

// makeNamespace makes the namespace anew. One of an earlier demo that was killed
// is removed first; one of somebody else's is left alone.
func (r *realStage) makeNamespace(ctx context.Context) error {
	for {
		_, err := r.dynamic.Resource(namespaces()).Create(ctx, newNamespace(), metav1.CreateOptions{})
		if r.made = err == nil; r.made || !apierrors.IsAlreadyExists(err) {
			return err
		}
		old, err := r.cluster.Namespaces().Get(ctx, demoNamespace)
		switch {
		case apierrors.IsNotFound(err):
			continue
		case err != nil:
			return err
		case old.Labels[ownLabel] != ownValue:
			return fmt.Errorf("namespace %s exists and is not this demo's: it was left alone", demoNamespace)
		}
		if err := r.remove(ctx); err != nil {
			return err
		}
		if err := sleep(ctx, time.Second); err != nil {
			return fmt.Errorf("the namespace of an earlier demo is still there: %w", err)
		}
	}
}

func (r *realStage) remove(ctx context.Context) error {
	err := r.dynamic.Resource(namespaces()).Delete(ctx, demoNamespace, metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) { // gone, or being removed
		return nil
	}
	return err
}

// close works after an interrupt, too, which has ended every other context.
func (r *realStage) close(out io.Writer) error {
	if !r.made {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), cleanTime)
	defer cancel()
	if err := r.remove(ctx); err != nil {
		return fmt.Errorf("namespace %s is left behind: %w", demoNamespace, err)
	}
	fmt.Fprintf(out, "\nNamespace %s is being removed.\n", demoNamespace)
	return nil
}

// running are the names of the pods that are ready.
func (r *realStage) running(ctx context.Context, selector string) ([]string, error) {
	list, err := r.cluster.Pods(demoNamespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, pod := range list.Items {
		for _, c := range pod.Status.Conditions {
			if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
				names = append(names, pod.Name)
			}
		}
	}
	return names, nil
}

// rollout is what `kubectl rollout restart deploy/web` does. A failure shows as
// a live screen without a rollout, and is no reason to end the demo.
func (r *realStage) rollout(ctx context.Context) {
	patch := fmt.Sprintf(`{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io/restartedAt":%q}}}}}`, time.Now().Format(time.RFC3339))
	_, _ = r.dynamic.Resource(deployments()).Namespace(demoNamespace).Patch(ctx, "web", types.StrategicMergePatchType, []byte(patch), metav1.PatchOptions{})
}

// crash makes the worker end itself with an error. As with rollout, a failure is
// only less to see.
func (r *realStage) crash(ctx context.Context) {
	names, err := r.running(ctx, "app=worker")
	if err != nil || len(names) == 0 {
		return
	}
	var discarded bytes.Buffer
	_ = r.cluster.Exec(ctx, demoNamespace, names[0],
		&corev1.PodExecOptions{Command: []string{"kill", "1"}, Stdout: true, Stderr: true},
		remotecommand.StreamOptions{Stdout: &discarded, Stderr: &discarded})
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

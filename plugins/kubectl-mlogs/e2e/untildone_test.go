//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubechores/kubechores/pkg/kubetest/realcluster"
)

func job(name string, retries int32, containers ...corev1.Container) *batchv1.Job {
	return &batchv1.Job{
		TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"},
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       batchv1.JobSpec{BackoffLimit: &retries, Template: realcluster.Template(name, corev1.RestartPolicyNever, containers...)},
	}
}

// --until-done ends with the Job, and its exit code tells how the Job ended. The
// Job is created in the moment before, as a script does.
func TestUntilDone(t *testing.T) {
	for _, c := range []struct {
		exit, retries int32
		code, pods    int
		says          string
	}{
		{exit: 0, code: 0, pods: 1},
		{exit: 7, code: 3, pods: 1, says: "failed with exit code 7 (Error)"},
		{exit: 7, retries: 1, code: 3, pods: 2, says: "failed with exit code 7 (Error)"}, // the second pod comes after a pause without any
	} {
		t.Run(fmt.Sprintf("exit %d, %d retries", c.exit, c.retries), func(t *testing.T) {
			ns := realcluster.New(t)
			files := ns.KeepLogFiles()
			ns.Apply(job("migrate", c.retries, realcluster.Writer("app", "-lines=500", "-rate=500", fmt.Sprintf("-exit=%d", c.exit))))
			run := ns.Start("mlogs", "job/migrate", "--until-done")
			if code := run.Wait(); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			if n := expectComplete(t, run, files); n != c.pods {
				t.Errorf("%d pods, want %d", n, c.pods)
			}
			if !strings.Contains(run.Stderr(), c.says) {
				t.Errorf("stderr lacks %q:\n%s", c.says, run.Stderr())
			}
			expectQuiet(t, run)
		})
	}
}

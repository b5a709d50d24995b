package kube

import (
	"context"
	"encoding/json"
	"fmt"
)

// JobEnded reports whether a Job has completed or failed for good. The error is
// the API's status. Only the conditions are read: the Go types of the group
// would be a fifth of a megabyte in the binary.
func (c *Cluster) JobEnded(ctx context.Context, namespace, name string) (bool, error) {
	raw, err := c.core.Get().AbsPath("/apis/batch/v1/namespaces", namespace, "jobs", name).DoRaw(ctx)
	if err != nil {
		return false, err
	}
	var job struct {
		Status struct {
			Conditions []struct{ Type, Status string }
		}
	}
	if err := json.Unmarshal(raw, &job); err != nil {
		return false, fmt.Errorf("job %s/%s: %w", namespace, name, err)
	}
	for _, condition := range job.Status.Conditions {
		if (condition.Type == "Complete" || condition.Type == "Failed") && condition.Status == "True" {
			return true, nil
		}
	}
	return false, nil
}

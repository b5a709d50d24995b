package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
)

// Groups returns the API groups that the server serves, with the versions of each, the
// preferred one first. The core group is not among them. The error is the API's
// status.
func (c *Cluster) Groups(ctx context.Context) (map[string][]string, error) {
	raw, err := body(c.core.Get().AbsPath("/apis").SetHeader("Accept", "application/json").Do(ctx))
	if err != nil {
		return nil, err
	}
	var doc struct {
		Groups []struct {
			Name             string
			Versions         []struct{ Version string }
			PreferredVersion struct{ Version string }
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("list of API groups: %w", err)
	}
	groups := map[string][]string{}
	for _, g := range doc.Groups {
		versions := []string{g.PreferredVersion.Version}
		for _, v := range g.Versions {
			if !slices.Contains(versions, v.Version) {
				versions = append(versions, v.Version)
			}
		}
		groups[g.Name] = versions
	}
	return groups, nil
}

package kube

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Minor returns the minor version of the API server: 31 of 1.31, and of "31+", as
// clouds write it. The error is the API's status, or says that there is no number.
func (c *Cluster) Minor(ctx context.Context) (int, error) {
	raw, err := body(c.core.Get().AbsPath("/version").SetHeader("Accept", "application/json").Do(ctx))
	if err != nil {
		return 0, err
	}
	var told struct{ Minor string }
	if err := json.Unmarshal(raw, &told); err != nil {
		return 0, fmt.Errorf("version of the server: %w", err)
	}
	minor, err := strconv.Atoi(strings.TrimRight(told.Minor, "+"))
	if err != nil {
		return 0, fmt.Errorf("version of the server: its minor version %q is no number", told.Minor)
	}
	return minor, nil
}

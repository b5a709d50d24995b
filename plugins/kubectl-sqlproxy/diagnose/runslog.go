package diagnose

import (
	"encoding/json"
	"strings"

	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// logMessages are what the lines of a log say.
func logMessages(l *snapshot.Log) []string {
	var all []string
	for _, line := range l.Lines {
		var in struct{ Message string }
		if err := json.Unmarshal([]byte(line), &in); err == nil && in.Message != "" {
			line = in.Message
		}
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

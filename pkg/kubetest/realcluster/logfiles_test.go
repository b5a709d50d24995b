package realcluster

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// One look that comes late finds the log and what was rotated away from it.
func TestLogFilesInOrder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop_web_uid", "app")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"0.log":                 "2026-05-04T10:00:06.5Z stdout F third\n",
		"0.log.20260504-100003": "2026-05-04T10:00:00.123456789Z stdout F first\n",
		"0.log.20260504-100006": "2026-05-04T10:00:03+00:00 stdout F second\n",
		"1.log":                 "",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	k := &LogFiles{t: t, stop: make(chan struct{}), done: make(chan struct{}), seen: map[inode]bool{}}
	close(k.done)
	k.look(filepath.Join(dir, "*.log*"))
	var names []string
	for _, f := range k.Files() {
		defer f.file.Close()
		names = append(names, f.Base)
	}
	want := []string{"0.log.20260504-100003", "0.log.20260504-100006", "0.log", "1.log"}
	if !slices.Equal(names, want) {
		t.Fatalf("%v, want %v", names, want)
	}
}

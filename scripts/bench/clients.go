//go:build linux

package main

import (
	"os/exec"
	"strconv"
)

// The names of the clients, as tables and bars show them.
const (
	mlogs    = "mlogs"
	mlogsRaw = "mlogs -o raw"
	curl     = "curl"
	kubectl  = "kubectl logs"
	stern    = "stern"
	kail     = "kail"
)

// client is a program that reads all logs of the source once.
type client struct {
	name string
	argv []string
	// endless is, for a program that only follows, after how many lines it has
	// done what the others do; 0 for one that ends.
	endless int
}

// readers are the clients that are there. All ask for what they need to put a
// name before each line, and stern and mlogs always for times.
func readers(binary string, r *remote, pods, lines int) []client {
	max := strconv.Itoa(pods)
	selector := "app=" + podLabel
	all := []client{
		{name: curl, argv: []string{"curl", "--fail", "--no-progress-meter", "--http2", "--parallel", "--parallel-immediate", "--config", r.file(curlConfigIn)}},
		{name: mlogs, argv: []string{binary, "-n", namespace, "-l", selector, "--no-follow"}},
		{name: mlogsRaw, argv: []string{binary, "-n", namespace, "-l", selector, "--no-follow", "-o", "raw"}},
		{name: kubectl, argv: []string{"kubectl", "-n", namespace, "logs", "-l", selector, "--all-containers", "--prefix", "--tail=-1", "--max-log-requests=" + max}},
		{name: stern, argv: []string{"stern", "-n", namespace, "-l", selector, ".", "--no-follow", "--max-log-requests", max, "--color", "never"}},
		{name: kail, argv: []string{"kail", "--ns", namespace, "-l", selector, "--since", "24h"}, endless: pods * lines},
	}
	var found []client
	for _, c := range all {
		if _, err := exec.LookPath(c.argv[0]); err == nil {
			found = append(found, c)
		}
	}
	return found
}

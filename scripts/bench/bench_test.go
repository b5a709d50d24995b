//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubechores/kubechores/scripts/bench/tlsfleet"
)

func TestHistoryIsAscendingLines(t *testing.T) {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	raw := history(1, 1000, start)
	var last time.Time
	n := 0
	for line := range bytes.Lines(raw) {
		stamp, message, _ := strings.Cut(strings.TrimSuffix(string(line), "\n"), " ")
		at, err := time.Parse(stampForm, stamp)
		if err != nil || len(stamp) != len("2006-01-02T15:04:05.000000000Z") {
			t.Fatalf("time of %q: %v", line, err)
		}
		if !at.After(last) {
			t.Fatalf("line %d is of %s, after one of %s", n, at, last)
		}
		if _, got, err := messageNumber("pod app " + message); got != n || err != nil {
			t.Fatalf("line %d has number %d: %v", n, got, err)
		}
		last = at
		n++
	}
	if n != 1000 {
		t.Errorf("%d lines", n)
	}
	if bytes.Equal(raw, history(2, 1000, start)) {
		t.Error("two pods have the same times")
	}
}

func TestMessageNumberRefusesParts(t *testing.T) {
	for _, line := range []string{"", "pod", "pod app 000000001 cut", "pod app " + strings.Repeat("x", lineSize)} {
		if _, _, err := messageNumber(line); err == nil {
			t.Errorf("%q was taken for a line", line)
		}
	}
}

// output is what a client prints for so many pods and lines.
func output(pods, lines int) []string {
	var out []string
	for n := range lines {
		for p := range pods {
			out = append(out, podName(p)+" app "+string(appendMessage(nil, n)))
		}
	}
	return out
}

func TestReadWithStopFindsWhatIsWrong(t *testing.T) {
	const lines = 3
	whole := output(stoppedPods, lines)
	swapped := output(stoppedPods, lines)
	swapped[0], swapped[stoppedPods] = swapped[stoppedPods], swapped[0]
	for name, test := range map[string]struct {
		printed []string
		good    bool
	}{
		"whole":    {whole, true},
		"lost":     {append(append([]string{}, whole[:7]...), whole[8:]...), false},
		"lost end": {whole[:len(whole)-1], false},
		"twice":    {append(append([]string{}, whole[:8]...), whole[7:]...), false},
		"swapped":  {swapped, false},
	} {
		err := settings{}.readWithStop(strings.NewReader(strings.Join(test.printed, "\n")), lines)
		if (err == nil) != test.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMedian(t *testing.T) {
	got := median([]figures{{wall: 3, cpu: 1, rss: 7}, {wall: 1, cpu: 9, rss: 8}, {wall: 2, cpu: 5, rss: 9}})
	if want := (figures{wall: 2, cpu: 5, rss: 8}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestBars(t *testing.T) {
	bars := pastBars(map[string]figures{
		mlogs: {wall: 60, cpu: 10, rss: 10 << 20},
		curl:  {wall: 50},
		stern: {wall: 1000, cpu: 1000},
	})
	missed := map[string]bool{}
	for _, b := range bars {
		missed[b.what] = b.missed
	}
	want := map[string]bool{"peak RSS of mlogs": false, "wall of mlogs / curl": false, "wall of mlogs / stern": true, "CPU of mlogs / stern": false}
	if len(missed) != len(want) {
		t.Errorf("bars %v: kubectl was not there and cannot be a bar", missed)
	}
	for what, miss := range want {
		if missed[what] != miss {
			t.Errorf("%s: missed is %v", what, missed[what])
		}
	}
	var out bytes.Buffer
	if n := printBars(&out, append(bars, holds("x", "y", errors.New("broken")))); n != 2 || !strings.Contains(out.String(), "broken") {
		t.Errorf("%d bars missed in\n%s", n, &out)
	}
}

func TestPlanBars(t *testing.T) {
	for _, tc := range []struct {
		f       figures
		problem error
		missed  int
	}{
		{figures{wall: planTime, rss: planMemory}, nil, 0},
		{figures{wall: planTime + 1, rss: planMemory}, nil, 1},
		{figures{wall: planTime, rss: planMemory + 1}, errNoPlan, 2},
	} {
		var out bytes.Buffer
		if n := printBars(&out, planBars(tc.f, tc.problem)); n != tc.missed {
			t.Errorf("%d bars missed, want %d, in\n%s", n, tc.missed, &out)
		}
	}
}

func TestCheckBars(t *testing.T) {
	for _, tc := range []struct {
		f       figures
		problem error
		missed  int
	}{
		{figures{wall: checkTime, rss: checkMemory}, nil, 0},
		{figures{wall: checkTime + 1, rss: checkMemory}, nil, 1},
		{figures{wall: checkTime, rss: checkMemory + 1}, errNoCheck, 2},
	} {
		var out bytes.Buffer
		if n := printBars(&out, checkBars(tc.f, tc.problem)); n != tc.missed {
			t.Errorf("%d bars missed, want %d, in\n%s", n, tc.missed, &out)
		}
	}
}

func TestReadReport(t *testing.T) {
	const whole = `{"kind": "Report", "verdict": "error", "subjects": [{"object": {"kind": "Gateway"}, "links": [{"object": {"kind": "Secret"}}]}, {"object": {"kind": "Gateway"}}, {"object": {"kind": "Pod"}}], "findings": [{"id": "X"}]}`
	seen, err := readReport(strings.NewReader(whole))
	if err != nil || seen.kinds["Gateway"] != 2 || seen.kinds["Pod"] != 1 || len(seen.kinds) != 2 || seen.findings != 1 {
		t.Errorf("%+v, %v", seen, err)
	}
	for _, cut := range []string{"", whole[:60], whole[:len(whole)-5]} {
		if _, err := readReport(strings.NewReader(cut)); err == nil {
			t.Errorf("%q was taken for a report", cut)
		}
	}
}

// The server has what the fleet says, in the kinds that a check reads.
func TestDoors(t *testing.T) {
	size := tlsfleet.Size{Gateways: 4, Ingresses: 2, Pods: 10, Secrets: 12, Certificates: 8}
	l, err := newDoors(size)
	if err != nil {
		t.Fatal(err)
	}
	defer l.server.Close()
	for resource, want := range map[schema.GroupVersionResource]int{
		{Group: "networking.istio.io", Version: "v1", Resource: "gateways"}: size.Gateways,
		{Group: "networking.k8s.io", Version: "v1", Resource: "ingresses"}:  size.Ingresses,
		{Group: "cert-manager.io", Version: "v1", Resource: "certificates"}: size.Certificates,
		{Group: "acme.cert-manager.io", Version: "v1", Resource: "orders"}:  size.Certificates,
		{Version: "v1", Resource: "pods"}:                                   size.Pods + 3, // and the gateway's
		{Group: "apps", Version: "v1", Resource: "deployments"}:             2 + 1,         // and cert-manager
	} {
		if list, err := l.server.List(resource, ""); err != nil || len(list) != want {
			t.Errorf("%d %s, want %d: %v", len(list), resource.Resource, want, err)
		}
	}
	pairs := 0
	secrets, err := l.server.List(schema.GroupVersionResource{Version: "v1", Resource: "secrets"}, "")
	for _, o := range secrets {
		if kind, _, _ := unstructured.NestedString(o.Object, "type"); kind == "kubernetes.io/tls" {
			pairs++
		}
	}
	if pairs != size.Secrets || err != nil {
		t.Errorf("%d TLS Secrets, %v", pairs, err)
	}
}

// The fleet is what its pool and its Deployments say.
func TestFleet(t *testing.T) {
	l, err := newLean(90, 0, 4, false)
	if err != nil {
		t.Fatal(err)
	}
	defer l.server.Close()
	counts := map[string]int{}
	for _, plural := range []string{"nodes", "pods"} {
		list, err := l.server.List(schema.GroupVersionResource{Version: "v1", Resource: plural}, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list {
			node, _, _ := unstructured.NestedString(o.Object, "spec", "nodeName")
			counts[plural+" "+o.GetLabels()["cloud.google.com/gke-nodepool"]+o.GetLabels()["app"]+node[max(0, len(node)-4):]]++
		}
	}
	budgets, err := l.server.List(schema.GroupVersionResource{Group: "policy", Version: "v1", Resource: "poddisruptionbudgets"}, "")
	if counts["nodes preempt"] != 4 || counts["pods service-000020003"] != 7 || counts["pods service-000020000"] != 8 || counts["pods service-000020001"] != 8 || len(budgets) != 3 || err != nil {
		t.Errorf("%v and %d budgets, %v", counts, len(budgets), err)
	}
}

func TestParse(t *testing.T) {
	for _, args := range [][]string{{"-scenario", "past,none"}, {"-rounds", "0"}, {"-lines", "0"}, {"-nodes", "0"}, {"-pods", "-1"}, {"more"}} {
		if _, err := parse(args); err == nil {
			t.Errorf("%q was accepted", args)
		}
	}
}

// The source's side of the protocol, in this process.
func TestSourceObeys(t *testing.T) {
	dir := t.TempDir()
	commands, in := io.Pipe()
	answers, out := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- runSource([]string{"-dir", dir, "-pods", "2", "-lines", "5"}, commands, out) }()
	read := bufio.NewReader(answers)
	expect := func(want string) {
		t.Helper()
		if got, err := read.ReadString('\n'); err != nil || !strings.Contains(got, want) {
			t.Fatalf("%q (%v), want %q", got, err, want)
		}
	}
	expect("ready")
	for _, name := range []string{kubeconfigIn, curlConfigIn, authorityIn} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	for command, want := range map[string]string{"streams 0": "done", "write 3 1000": "done", "jump": `unknown command "jump"`} {
		io.WriteString(in, command+"\n")
		expect(want)
	}
	in.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

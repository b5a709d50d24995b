package recreate

import (
	"strings"
	"testing"

	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
)

func TestParseProviderID(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]vmRef{
		"gce://my-proj/europe-west1-b/gke-c-p-1a2b3c4d-x1yz": {"my-proj", "europe-west1-b", "gke-c-p-1a2b3c4d-x1yz"},
		"gce://example.com:proj/us-central1-a/n":             {"example.com:proj", "us-central1-a", "n"},
		"gce://123456/us-central1-a/n":                       {"123456", "us-central1-a", "n"},
	} {
		if got, err := parseProviderID(id); err != nil || got != want {
			t.Errorf("%q: %+v, %v; want %+v", id, got, err, want)
		}
	}
	for _, id := range []string{
		"", "gce://", "gce:///z/n", "gce://p//n", "gce://p/z/", "gce://p/z", "gce://p/z/n/x", "GCE://p/z/n", "gce:/p/z/n", "aws:///eu-west-1a/i-1",
		"gce://p/z/--flag", "gce://../z/n", "gce://p/../n", "gce://p/z/n?x=1", "gce://p/z/n%2e", "gce://p/z/N", "gce://p/z/n\n", "gce://p/z/n;rm", " gce://p/z/n",
		"gce://p/z/" + strings.Repeat("n", 1000),
	} {
		_, err := parseProviderID(id)
		if err == nil {
			t.Errorf("%q was taken", id)
			continue
		}
		if len(id) > 0 && len(id) < 100 && !strings.Contains(err.Error(), strings.TrimRight(id, "\n")) {
			t.Errorf("error %q does not show the value", err)
		}
		if len(err.Error()) > 400 || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %q is long or not one line", err)
		}
	}
}

func TestGroupOfAnInstance(t *testing.T) {
	t.Parallel()
	for createdBy, want := range map[string]string{
		"projects/123/zones/z-a/instanceGroupManagers/g":                                     "projects/mine/zones/z-a/instanceGroupManagers/g",
		"projects/123/regions/r/instanceGroupManagers/g":                                     "projects/mine/regions/r/instanceGroupManagers/g",
		"https://www.googleapis.com/compute/v1/projects/123/zones/z/instanceGroupManagers/g": "projects/mine/zones/z/instanceGroupManagers/g",
		"": "", "projects/123/zones/z/instanceTemplates/g": "", "projects/123/global/x/instanceGroupManagers/g": "",
		"projects/123/zones/../instanceGroupManagers/g": "", "projects/1/zones/z/instanceGroupManagers/g/abandon": "", "someone": "",
	} {
		in := instance{Metadata: instanceMetadata{createdBy: createdBy}}
		group, ok := in.group("mine")
		if ok != (want != "") || (ok && group.path() != want) {
			t.Errorf("created-by %q: %q, %v; want %q", createdBy, group.path(), ok, want)
		}
	}
}

func FuzzParseProviderID(f *testing.F) {
	for _, seed := range []string{"gce://p/z/n", "gce://example.com:p/z-1/n-1", "gce://p/../n", "gce://-/z/n", "aws:///z/i", "gce://p/z/n\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, id string) {
		vm, err := parseProviderID(id)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x00\x1b") {
				t.Errorf("error %q has control characters", err)
			}
			return
		}
		if back := gcePrefix + vm.project + "/" + vm.zone + "/" + vm.name; back != id {
			t.Errorf("%q was read as %q", id, back)
		}
		for _, part := range []string{vm.project, vm.zone, vm.name} {
			if part == "" || part[0] == '-' || part[0] == '.' || strings.ContainsAny(part, "/?#% \n\t'\"$&;") {
				t.Errorf("%q: %q is not fit for a URL and an argument", id, part)
			}
		}
	})
}

func FuzzOneLine(f *testing.F) {
	for _, seed := range []string{"a\nb", "\x1b[31mred", "\xff\xfe", strings.Repeat("é", 2000), "\u0085\u2028"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := oneLine(s)
		if len(got) > maxText+len("…") || strings.ContainsAny(got, "\n\r\t\x1b\x00\u0085") {
			t.Errorf("%q became %q", s, got)
		}
	})
}

func TestTailKeepsTheLast(t *testing.T) {
	t.Parallel()
	var kept tail
	for range 3000 {
		if n, err := kept.Write([]byte("noise\n")); n != 6 || err != nil {
			t.Fatal(n, err)
		}
	}
	if _, err := kept.Write([]byte(strings.Repeat("x", 3*maxTail) + "the end")); err != nil {
		t.Fatal(err)
	}
	if text := kept.String(); !strings.HasSuffix(text, "the end") || len(text) > maxText+len("…") || len(kept.kept) > maxTail {
		t.Errorf("%d bytes kept, %d shown", len(kept.kept), len(text))
	}
}

func TestDetect(t *testing.T) {
	t.Parallel()
	gce := nodeOf("a", "gce://p/z/a")
	karpenter, old, capi := gce, gce, gce // which may all run on Compute Engine
	karpenter.Labels = map[string]string{"karpenter.sh/nodepool": "default"}
	old.Labels = map[string]string{"karpenter.sh/provisioner-name": "default"}
	capi.Annotations = map[string]string{machineAnnotation: "m"}
	other := nodeOf("b", "kind://docker/kind/b")
	for name, test := range map[string]struct {
		nodes []pool.Node
		want  string
	}{
		"none":       {nil, ""},
		"gce":        {[]pool.Node{gce, gce}, KindGCE},
		"karpenter":  {[]pool.Node{karpenter, old}, KindKarpenter},
		"capi":       {[]pool.Node{capi}, KindClusterAPI},
		"others":     {[]pool.Node{other}, ""},
		"mixed":      {[]pool.Node{gce, karpenter}, ""},
		"mixed, end": {[]pool.Node{gce, other}, ""},
	} {
		if got := Detect(test.nodes); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

package snapshot

import (
	"os"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// FuzzAdd: no object breaks the snapshot, and closing it twice finds the same.
func FuzzAdd(f *testing.F) {
	raw, err := os.ReadFile("../diagnose/testdata/ok.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for document := range strings.SplitSeq(string(raw), "\n---\n") {
		var head struct{ APIVersion, Kind string }
		text, err := yaml.YAMLToJSON([]byte(document))
		if err != nil || yaml.Unmarshal(text, &head) != nil {
			f.Fatal(err)
		}
		f.Add(head.APIVersion, head.Kind, text)
	}
	f.Add("v1", "Secret", []byte(`{"data":{"a":"!"}}`))
	f.Add("batch/v1", "CronJob", []byte(`{"spec":{"jobTemplate":{"spec":{"template":{"spec":{"containers":[{"image":"gce-proxy","args":["$(A)$(A"],"env":[{"name":"A","value":"$(A)"}]}]}}}}}}`))
	f.Add("cloudsql.cloud.google.com/v1", "AuthProxyWorkload", []byte(`{"spec":{"workloadSelector":{}}}`))
	f.Fuzz(func(t *testing.T, apiVersion, kind string, raw []byte) {
		s := &Snapshot{Files: true, Fallback: "default"}
		s.Add(apiVersion, kind, raw, Place{})
		s.Add("v1", "Service", []byte(`{"metadata":{"name":"s","namespace":"shop"},"spec":{"selector":{"app":"sql-proxy"},"ports":[{"port":5432,"targetPort":"x"}]}}`), Place{})
		s.Add(apiVersion, kind, raw, Place{})
		s.Close()
		n, w := len(s.Proxies), len(s.Workloads)
		s.Close()
		if len(s.Proxies) != n || len(s.Workloads) != w {
			t.Fatalf("closing again finds %d proxies of %d workloads, before %d of %d", len(s.Proxies), len(s.Workloads), n, w)
		}
		for _, p := range s.Proxies {
			p.Listeners()
			if p.Selector == nil || p.Container == nil {
				t.Fatal("a proxy without a selector, or a container")
			}
		}
	})
}

// TestHugeEnvironment: variables that are made of variables do not grow without bounds.
func TestHugeEnvironment(t *testing.T) {
	t.Parallel()
	env := []string{`{name: A0, value: "0123456789"}`}
	for i := range 60 {
		last := "$(A" + string(rune('0'+i%10)) + ")"
		env = append(env, `{name: A`+string(rune('0'+(i+1)%10))+`, value: "`+last+last+`"}`)
	}
	p := of(t, deployment("x", `{containers: [{name: proxy, image: "cloud-sql-proxy:2.25.3", args: ["p:r:i", "$(A0)$(A1)$(A2)"], env: [`+strings.Join(env, ", ")+`]}]}`)).Proxies[0]
	size := 0
	for _, v := range p.Spec.Env {
		size += len(v.Value)
	}
	if size > longestEnv || len(p.Unknown) == 0 {
		t.Errorf("%d bytes, unknown %q", size, p.Unknown)
	}
}

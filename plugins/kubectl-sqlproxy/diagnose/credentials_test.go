package diagnose

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// keyed is ok.yaml with a key file instead of Workload Identity, and texts replaced.
func keyed(t *testing.T, secret string, replace ...string) *fixture {
	t.Helper()
	f := edited(t, "ok", append([]string{
		okArgs, okArgs + argsLines("--credentials-file=/secrets/key.json"),
		"        resources:\n", "        volumeMounts: [{name: key, mountPath: /secrets}]\n        resources:\n",
		"      enableServiceLinks: false\n", "      enableServiceLinks: false\n      volumes: [{name: key, secret: {secretName: sql-key}}]\n",
		"  annotations: {iam.gke.io/gcp-service-account: sql-proxy@shop-prod.iam.gserviceaccount.com}\n", "",
	}, replace...)...)
	if secret != "" {
		f.text += "---\napiVersion: v1\nkind: Secret\nmetadata: {name: sql-key, namespace: shop, uid: x}\ndata: {" + secret + "}\n"
	}
	return f
}

// goodKey is that of a fixture.
func goodKey(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("testdata/wi-and-key.edit")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(raw), "  key.json: ")
	value, _, _ := strings.Cut(rest, "\n")
	if !ok {
		t.Fatal("the fixture has no key")
	}
	return "key.json: " + value
}

const keyVolume = "volumes: [{name: key, secret: {secretName: sql-key}}]"

// TestCredentialsThatMayBe has what is right, or not known, and a neighbour of it that is
// neither.
func TestCredentialsThatMayBe(t *testing.T) {
	t.Parallel()
	good := goodKey(t)
	fsGroup := []string{"        fsGroup: 65532\n", "        runAsGroup: 65532\n"}
	mode := func(volume string) []string {
		return []string{keyVolume, "volumes: [{name: key, secret: {secretName: sql-key, " + volume + "}}]"}
	}
	for name, test := range map[string]struct {
		secret  string
		replace []string
		want    []string
	}{
		"a good key":                          {good, nil, nil},
		"another file in the Secret":          {good + ", other: eA==", nil, nil},
		"an item":                             {"k" + strings.TrimPrefix(good, "key.json"), mode("items: [{key: k, path: key.json}]"), nil},
		"subPath":                             {good, []string{"mountPath: /secrets}", "mountPath: /secrets/key.json, subPath: key.json}"}, nil},
		"subPath of another key":              {good, []string{"mountPath: /secrets}", "mountPath: /secrets/key.json, subPath: key}"}, []string{"secret-key-missing"}},
		"an image of one's own":               {good, []string{"mountPath: /secrets}", "mountPath: /other}", "cloud-sql-proxy:2.25.3", "our-proxy:1", okArgs, okArgs, "        args:\n", "        command: [/cloud-sql-proxy]\n        args:\n"}, nil},
		"a volume that an agent fills":        {"", []string{"secret: {secretName: sql-key}", "emptyDir: {}"}, nil},
		"a path in a variable":                {"", []string{"--credentials-file=/secrets/key.json", "--credentials-file=$(KEY_FILE)", okPorts, "        env: [{name: KEY_FILE, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]\n" + okPorts}, []string{"secret-missing", "variable-unexpanded"}},
		"an optional Secret":                  {"", mode("optional: true"), []string{"secret-missing"}},
		"0400 with fsGroup":                   {good, mode("defaultMode: 256"), nil},
		"0400 without":                        {good, append(mode("defaultMode: 256"), fsGroup...), []string{"key-unreadable"}},
		"0400 of an item":                     {good, append(mode("items: [{key: key.json, path: key.json, mode: 256}]"), fsGroup...), []string{"key-unreadable"}},
		"0444 without fsGroup":                {good, append(mode("defaultMode: 292"), fsGroup...), nil},
		"0440 for root's group":               {good, append(mode("defaultMode: 288"), "        fsGroup: 65532\n", "        runAsGroup: 0\n"), nil},
		"0440 for the image's group":          {good, append(mode("defaultMode: 288"), fsGroup...), []string{"key-unreadable"}},
		"a user of one's own":                 {good, append(mode("defaultMode: 288"), "        fsGroup: 65532\n", "", "runAsUser: 65532", "runAsUser: 1000"), nil}, // its group is not known
		"key of another project, impersonate": {good, []string{okArgs, okArgs + argsLines("--impersonate-service-account=a@b.iam.gserviceaccount.com"), okInstance, "        - other:europe-west1:orders?port=5432\n"}, nil},
		"key of another project":              {good, []string{okInstance, "        - other:europe-west1:orders?port=5432\n"}, []string{"key-other-project"}},
		"a token":                             {"", []string{"--credentials-file=/secrets/key.json", "--token=x", "secret: {secretName: sql-key}", "emptyDir: {}"}, nil},
		"blanks are no empty file":            {"key.json: Cg==", nil, []string{"key-empty"}},
	} {
		// What else may be said of a key is another family's.
		others := func(id string) bool { return id == "key-file-with-wi-available" || id == "debug-or-token-in-args" }
		if got := slices.DeleteFunc(idsOf(keyed(t, test.secret, test.replace...).check(t)), others); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

// Without the Secrets, and in files, nothing is said of what is not there.
func TestSecretsThatNobodySaw(t *testing.T) {
	t.Parallel()
	f := keyed(t, "")
	f.opts["files"] = ""
	f.text = strings.ReplaceAll(f.text, "  uid: ", "  resourceVersion: ") // no dump
	if got := idsOf(f.check(t)); len(got) > 0 {
		t.Errorf("of files: %v", got)
	}
	f = keyed(t, "")
	f.opts["missing"] = "Secret secrets"
	if got := idsOf(f.check(t)); !slices.Equal(got, []string{"not-looked-at"}) {
		t.Errorf("without a right: %v", got)
	}
	if got := idsOf(keyed(t, "").check(t)); !slices.Equal(got, []string{"secret-missing"}) {
		t.Errorf("of a cluster: %v", got)
	}
}

// An event from before the container was started is history.
func TestOldMountEvents(t *testing.T) {
	t.Parallel()
	event := func(at string) string {
		return "---\napiVersion: v1\nkind: Event\nmetadata: {name: e, namespace: shop}\ninvolvedObject: {kind: Pod, namespace: shop, name: sql-proxy-7d4f9c6b5-aaaaa}\ntype: Warning\nreason: FailedMount\n" +
			"message: 'MountVolume.SetUp failed for volume \"key\" : secret \"sql-key\" not found'\nlastTimestamp: \"" + at + "\"\n"
	}
	for at, want := range map[string][]string{
		"2026-11-24T00:59:00Z": {"not-looked-at"},
		"2026-11-24T01:30:00Z": {"not-looked-at", "secret-missing"},
	} {
		f := keyed(t, "")
		f.opts["missing"] = "Secret secrets"
		f.text += event(at)
		if got := idsOf(f.check(t)); !slices.Equal(got, want) {
			t.Errorf("an event of %s: %v", at, got)
		}
	}
}

// A log that says it has read the key proves the path right.
func TestLogProvesPath(t *testing.T) {
	t.Parallel()
	path := []string{"mountPath: /secrets}", "mountPath: /other}"}
	if got := idsOf(keyed(t, goodKey(t), path...).check(t)); !slices.Equal(got, []string{"credentials-path"}) {
		t.Fatalf("%v", got)
	}
	said := append(path, "Authorizing with Application Default Credentials", `Authorizing with the credentials file at \"/secrets/key.json\"`)
	if got := idsOf(keyed(t, goodKey(t), said...).check(t)); len(got) > 0 {
		t.Errorf("%v", got)
	}
}

func TestWrongAccount(t *testing.T) {
	t.Parallel()
	for email, wrong := range map[string]bool{
		"a@p.iam.gserviceaccount.com":                  false,
		"a@p.example.com.iam.gserviceaccount.com":      false,
		"123-compute@developer.gserviceaccount.com":    false,
		"p@appspot.gserviceaccount.com":                false,
		"a":                                            true,
		"a@p":                                          true,
		"@p.iam.gserviceaccount.com":                   true,
		"a@p.iam.gserviceaccount.com ":                 true,
		"serviceAccount:a@p.iam.gserviceaccount.com":   true,
		"a@p.iam.gserviceaccount":                      true,
		"a@b@p.iam.gserviceaccount.com":                true,
		"p.svc.id.goog[shop/sql-proxy]":                true,
		"\"a@p.iam.gserviceaccount.com\"":              true,
		"a@project.iam.gserviceaccount.com.evil.local": true,
	} {
		if got := wrongAccount(email) != ""; got != wrong {
			t.Errorf("%q: %v", email, got)
		}
	}
}

// Nodes that do not say where they are may be anywhere.
func TestNodesThatAreNotKnown(t *testing.T) {
	t.Parallel()
	f := edited(t, "ok", `, iam.gke.io/gke-metadata-server-enabled: "true"`, "")
	if got := idsOf(f.check(t)); len(got) > 0 {
		t.Errorf("%v", got)
	}
	f = edited(t, "ok", "  annotations: {iam.gke.io/gcp-service-account: sql-proxy@shop-prod.iam.gserviceaccount.com}\n", "", "cloud-sql-proxy:2.25.3", "cloud-sql-proxy:2.25.3", okPorts, "        envFrom: [{secretRef: {name: e, optional: true}}]\n"+okPorts)
	if got := idsOf(f.check(t)); len(got) > 0 {
		t.Errorf("%v, although envFrom may hold a key", got)
	}
}

// A failure is over when clients were served since.
func TestFailuresThatAreOver(t *testing.T) {
	t.Parallel()
	failed := `- '{"severity":"ERROR","timestamp":"2026-11-24T01:20:02Z","message":"[shop-prod:europe-west1:orders] failed to connect to instance: x: auth: cannot fetch token: 503"}'`
	accepted := "\n- '" + `{"severity":"INFO","timestamp":"2026-11-24T01:30:02Z","message":"[shop-prod:europe-west1:orders] Accepted connection from 10.0.3.4:51234"}` + "'"
	closed := "\n- '" + `{"severity":"INFO","timestamp":"2026-11-24T01:30:02Z","message":"[shop-prod:europe-west1:orders] client closed the connection"}` + "'"
	last := `- '{"severity":"INFO","timestamp":"2026-11-24T01:20:02.4Z","message":"[shop-prod:europe-west1:orders] client closed the connection"}'`
	for name, test := range map[string]struct {
		lines string
		want  []string
	}{
		"the last word":                    {last + "\n" + failed, []string{"token-missing"}},
		"a client that came":               {last + "\n" + failed + accepted, []string{"token-missing"}},
		"a client that went":               {failed + accepted + closed, nil},
		"clients that came":                {failed + accepted + accepted + accepted, nil},
		"clients that came, and one fails": {failed + accepted + accepted + accepted + "\n" + failed, []string{"token-missing"}},
	} {
		if got := idsOf(edited(t, "ok", last, test.lines).check(t)); !slices.Equal(got, test.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

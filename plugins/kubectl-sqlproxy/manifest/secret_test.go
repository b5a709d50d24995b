package manifest

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// The key is in the Secret that it is for, and nowhere else.
func TestKeyIsNowhereElse(t *testing.T) {
	t.Parallel()
	c := sample()
	c.Identity = Identity{Key: keyOf(t, "sql-proxy@shop.iam.gserviceaccount.com")}
	set, err := Build(c)
	if err != nil {
		t.Fatal(err)
	}
	secret := only[corev1.Secret](t, set)
	if secret.Name != "sql-proxy-credentials" || string(secret.Data[DefaultKey]) != string(c.Identity.Key) {
		t.Errorf("the Secret %s has keys %d", secret.Name, len(secret.Data))
	}
	pod := only[appsv1.Deployment](t, set).Spec.Template
	if v := pod.Spec.Volumes[0].Secret; v.SecretName != secret.Name || v.Items[0].Key != DefaultKey {
		t.Errorf("the pods mount %+v", v)
	}
	if args := pod.Spec.Containers[0].Args; !strings.Contains(strings.Join(args, " "), "--credentials-file="+pod.Spec.Containers[0].VolumeMounts[0].MountPath+"/"+DefaultKey) {
		t.Errorf("the proxy reads %q", args)
	}
	if !strings.Contains(strings.Join(set.Warnings, "\n"), "--key-file") {
		t.Errorf("no warning in %q", set.Warnings)
	}
	if !strings.Contains(strings.Join(set.Advice, "\n"), "serviceAccount:sql-proxy@shop") {
		t.Errorf("the account is not in the advice:\n%s", strings.Join(set.Advice, "\n"))
	}
	shown := fmt.Sprintf("%v %+v %#v %q %q", c, c, c, set.Warnings, set.Advice)
	for _, o := range set.Objects {
		if o.Kind == "Secret" {
			continue
		}
		fields, err := o.Fields()
		if err != nil {
			t.Fatal(err)
		}
		shown += fmt.Sprint(fields)
	}
	nothingOf(t, c, shown)

	// Another key is another revision of the pods.
	sum := pod.Annotations["sqlproxy.kubechores.io/credentials-sha256"]
	c.Identity.Key += " "
	if again, err := Build(c); err != nil || len(sum) != 64 || only[appsv1.Deployment](t, again).Spec.Template.Annotations["sqlproxy.kubechores.io/credentials-sha256"] == sum {
		t.Errorf("checksum %q, %v", sum, err)
	}

	// A key in the wrong place is not told either.
	c.Identity.Key = c.Identity.Key[:len(c.Identity.Key)/2]
	_, err = Build(c)
	if err == nil {
		t.Fatal("half a key is taken")
	}
	nothingOf(t, c, err.Error())
}

// nothingOf fails where a part of the key is shown, plain or encoded.
func nothingOf(t *testing.T, c Config, shown string) {
	t.Helper()
	encoded := base64.StdEncoding.EncodeToString([]byte(c.Identity.Key))
	for _, text := range []string{privateKey(), encoded} {
		for i := 60; i+20 < len(text); i += 20 {
			if strings.Contains(shown, text[i:i+20]) {
				t.Fatalf("a part of the key is shown, at %d", i)
			}
		}
	}
}

package diagnose

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/keyfile"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/snapshot"
)

// authVersion is the first v2 with Google's newer library for credentials, which takes an
// empty file for none.
func authVersion() proxy.Version { return proxy.Version{Major: 2, Minor: 14, Patch: 3} }

// checkKey judges what a key is, by its shape: the value itself is not known here.
func (c *checker) checkKey(s *subject, from keySource) {
	shape, object := from.literal, s.Object
	where := "The key that " + from.option + " holds"
	if from.secret != "" {
		secret := c.index.secrets[key{s.Namespace, from.secret}]
		if secret == nil {
			return
		}
		one, ok := secret.Keys[from.key]
		if !ok {
			return
		}
		shape, object = &one, secret.Object
		where = fmt.Sprintf("Key %s of Secret %s", from.key, from.secret)
	}
	if shape == nil {
		return
	}
	f := finding.Finding{Severity: finding.Error, Object: object, Evidence: append(quote("shape of the value", shape.String()), from.told(s)...)}
	if c.describeShape(s, from, shape, where, &f) {
		role := blocks
		if f.Severity != finding.Error {
			role = aside
		}
		c.add(s, role, f)
	}
	if shape.Fault == keyfile.Good {
		c.checkProject(s, shape, object)
	}
}

// describeShape says what a shape means; false where there is nothing to say.
func (c *checker) describeShape(s *subject, from keySource, shape *keyfile.Shape, where string, f *finding.Finding) bool {
	f.Fix = []finding.Step{do("Put the JSON file in it that was downloaded as the service account's key, as it is:"), run(s.createSecret(from)), do("Restart the pods: the proxy reads its key at the start alone.")}
	switch shape.Fault {
	case keyfile.Good:
		return false
	case keyfile.Empty:
		s.describeEmpty(shape, where, f)
	case keyfile.NotJSON:
		f.ID, f.What = "key-not-json", where+" is no JSON, and the proxy does not start with it."
		f.Cause = "A key of the old format (P12), a file of another kind, or a text that was cut or changed on its way."
	case keyfile.TwiceEncoded:
		f.ID, f.What = "key-twice-encoded", where+" is base64 that was encoded once more, and the proxy does not start with it."
		f.Cause = "What is under data of a Secret is base64 of the value. A value that is base64 already stays that."
		f.Fix = append([]finding.Step{do("Encode the file once, or write it under stringData, which is not encoded.")}, f.Fix...)
	case keyfile.NoType:
		f.ID, f.What = "key-no-type", where+" has no field type, so the proxy does not know what it is, and does not start."
	case keyfile.NoEmail, keyfile.NoKey, keyfile.BadKey:
		f.ID, f.What = "key-bad", fmt.Sprintf("%s cannot be used: %s. The proxy starts, and gets no token when a client comes.", where, faultWords(shape.Fault))
	case keyfile.OtherType:
		f.ID, f.Severity = "key-other-type", finding.Info
		f.What = fmt.Sprintf("%s is no service account's key, but of type %s: the proxy takes that, too.", where, shape.Type)
		f.Fix = nil
		if shape.Type == "authorized_user" {
			f.Cause = "These are the credentials of a person, by whose leave the proxy runs, until they log out or leave."
		}
		if shape.Type == "unknown" {
			f.Severity = finding.Error
			f.What = where + " is of a type that no proxy knows, and the proxy does not start with it."
		}
	}
	return true
}

func faultWords(fault keyfile.Fault) string {
	switch fault {
	case keyfile.NoEmail:
		return "it has no client_email"
	case keyfile.NoKey:
		return "it has no private_key"
	}
	return "its private_key is no key in PEM"
}

// describeEmpty is for a key of no bytes. A value of blanks alone is no JSON for all.
func (s *subject) describeEmpty(shape *keyfile.Shape, where string, f *finding.Finding) {
	f.ID = "key-empty"
	if shape.Length > 0 || s.Spec.Engine == proxy.V1 || s.Spec.Engine == proxy.V2 && s.Spec.Version.Before(authVersion()) {
		f.What = where + " is empty, and the proxy does not start with it."
		return
	}
	f.What = where + " is empty, and the proxy takes that for none: it asks as the account of the pod or its node, and does not say so."
	f.Cause = "With an empty file the proxy falls back to Application Default Credentials, on GKE to the account of the node where the pod has none."
}

// createSecret is the command that makes the Secret of a key anew.
func (s *subject) createSecret(from keySource) string {
	name, key := from.secret, from.key
	if name == "" {
		name, key = "sql-proxy-key", "service_account.json"
	}
	return "kubectl create secret generic " + script.Quote(name) + " -n " + script.Quote(s.Namespace) + " --from-file=" + script.Quote(key+"=key.json") + " --dry-run=client -o yaml | kubectl apply -f -"
}

// checkProject says that the account is of another project than the instances: right, if
// it has its role in theirs.
func (c *checker) checkProject(s *subject, shape *keyfile.Shape, object finding.Object) {
	if shape.Project == "" || len(s.Spec.Credentials.Impersonate) > 0 {
		return
	}
	var projects, names []string
	for _, i := range s.Spec.Instances {
		name, err := proxy.ParseName(s.Spec.Engine, i.Name)
		if err == nil && name.Project != "" && name.Project != shape.Project {
			projects, names = append(projects, name.Project), append(names, i.Name)
		}
	}
	if len(projects) == 0 {
		return
	}
	role := "roles/cloudsql.client"
	if s.Spec.Engine == proxy.AlloyDB {
		role = "roles/alloydb.client"
	}
	f := finding.Finding{
		ID: "key-other-project", Severity: finding.Info, Object: object,
		What:     fmt.Sprintf("The key's account %s is of project %s, and the proxy serves instances of %s: the account needs its role there.", shape.Email, shape.Project, series(projects)),
		Evidence: quote("instances", clip(strings.Join(names, ", "))),
		Fix:      []finding.Step{do("If it has not got the role yet, give it:")},
	}
	for _, project := range once(projects) {
		f.Fix = append(f.Fix, gcloud("projects", "add-iam-policy-binding", project, "--member=serviceAccount:"+shape.Email, "--role="+role))
	}
	c.add(s, aside, f)
}

// checkMode finds a key file that the proxy's user may not read.
func (c *checker) checkMode(s *subject, from keySource) {
	if from.kind != sourceFile || from.secret == "" || from.file.State != snapshot.FileOfKey || from.file.Mode == nil {
		return
	}
	mode := *from.file.Mode
	switch mode {
	case 400, 440, 444: // as decimal: 0620, 0670, 0674
		c.add(s, aside, finding.Finding{
			ID: "default-mode", Severity: finding.Warning, Object: s.Object,
			What:     fmt.Sprintf("The files of volume %s have the mode %#o, as %d was written: as octal that would be meant, which is written 0%d in YAML and %d in JSON.", from.file.Mount.Name, mode, mode, mode, octal(mode)),
			Evidence: quote("mode of the volume", fmt.Sprintf("%d", mode)),
			Fix:      []finding.Step{do(fmt.Sprintf("Write %d, or 0%d in YAML.", octal(mode), mode))},
		})
	}
	if why := s.mayNotRead(mode); why != "" {
		c.add(s, blocks, finding.Finding{
			ID: "key-unreadable", Severity: finding.Error, Object: s.Object,
			What:     fmt.Sprintf("Container %s may not read its key %s: the file is root's, with the mode %#o, and the proxy runs as %s.", s.Container.Name, from.path, mode, why),
			Evidence: from.told(s),
			Cause:    "Files of a Secret belong to root and, where the pod has an fsGroup, to that group, which may read them.",
			Fix:      []finding.Step{do("Set fsGroup: 65532 in the pod's securityContext, or leave the volume's defaultMode out.")},
		})
	}
}

// octal reads a decimal number's digits as octal ones.
func octal(decimal int32) int32 {
	return decimal/100*64 + decimal/10%10*8 + decimal%10
}

// imageUser is that of the proxies' images: v1's since 1.18, v2's and AlloyDB's.
const imageUser = 65532

// mayNotRead names the user that may not read a Secret's file of a mode, "" where it may,
// or that is not known.
func (s *subject) mayNotRead(mode int32) string {
	uid, gid := s.user()
	group := s.Template.Spec.SecurityContext
	switch {
	case uid <= 0 || mode&0o004 != 0:
		return ""
	case group != nil && group.FSGroup != nil: // the kubelet lets the group read then
		return ""
	case mode&0o040 != 0 && gid <= 0: // root's group, or one that the image decides
		return ""
	}
	return fmt.Sprintf("user %d", uid)
}

// user is who the proxy runs as; -1 is not known.
func (s *subject) user() (uid, gid int64) {
	uid, gid = -1, -1
	if p, ok := proxy.Identify(s.Container.Image); ok && !(p.Engine == proxy.V1 && (!p.Version.Known() || p.Version.Before(proxy.Version{Major: 1, Minor: 17}))) {
		uid, gid = imageUser, imageUser
	}
	set := func(user, group *int64) {
		if user != nil && *user != uid {
			uid, gid = *user, -1 // what group that user has, the image says
		}
		if group != nil {
			gid = *group
		}
	}
	if pod := s.Template.Spec.SecurityContext; pod != nil {
		set(pod.RunAsUser, pod.RunAsGroup)
	}
	if own := s.Container.SecurityContext; own != nil {
		set(own.RunAsUser, own.RunAsGroup)
	}
	return uid, gid
}

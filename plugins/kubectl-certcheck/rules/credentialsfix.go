package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/chain"
)

// The variables of the shell in which a person puts what no output may show.
const (
	keyIDVariable = "$AWS_ACCESS_KEY_ID"
	keyVariable   = "$AWS_SECRET_ACCESS_KEY"
	valueVariable = "$VALUE"
)

// create makes the Secret with all keys that the solver takes from it.
func (ref credentialRef) create() []finding.Step {
	target := script.Quote(ref.Name) + " -n " + script.Quote(ref.secret.Namespace)
	if ref.ofCA() {
		return []finding.Step{do("Create it from the CA's certificate and key:"), run("kubectl create secret tls " + target + " --cert=ca.crt --key=ca.key")}
	}
	var variables, literals []string
	add := func(key, variable string) {
		if key == "" {
			key = "KEY"
		}
		variables = append(variables, variable)
		literals = append(literals, "--from-literal="+script.Quote(key)+"=\""+variable+"\"")
	}
	r := (*chain.Route53)(nil)
	if ref.solver != nil {
		r = ref.solver.Route53
	}
	if r != nil {
		if id := r.AccessKeyIDRef; id != nil && id.Name == ref.Name {
			add(id.Key, keyIDVariable)
		}
		if key := r.SecretAccessKey; key != nil && key.Name == ref.Name {
			add(key.Key, keyVariable)
		}
	} else {
		add(ref.Key, valueVariable)
	}
	return []finding.Step{
		do("Put the credentials into " + variablesWords(variables) + ", and create it:"),
		run("kubectl create secret generic " + target + " " + strings.Join(literals, " ")),
	}
}

func variablesWords(names []string) string {
	text := strings.ReplaceAll(strings.Join(names, " and "), "$", "")
	if len(names) == 1 {
		return "the variable " + text
	}
	return "the variables " + text
}

// copySecret creates a Secret of another namespace in this one. It does not apply it,
// which would write the values into an annotation.
func copySecret(from *chain.Secret, namespace string) finding.Step {
	return run(fmt.Sprintf("kubectl get secret -n %s %s -o yaml | sed %s | kubectl create -f -", script.Quote(from.Namespace), script.Quote(from.Name),
		script.Quote(fmt.Sprintf("s/^  namespace: .*/  namespace: %s/", namespace))))
}

// setValue sets one key of a Secret to the value of a variable of the shell.
func setValue(n chain.Name, key, variable string) finding.Step {
	return patchSecret(n, key, "stringData", variable)
}

// copyValue gives a Secret the value of one key under another, too.
func copyValue(n chain.Name, from, to string) finding.Step {
	if !secretKey(from) {
		return noSuchKey(from)
	}
	return patchSecret(n, to, "data", "$("+readValue(n, from)+")")
}

// noSpace is a filter that takes out all white space.
const noSpace = "tr -d '[:space:]'"

// cleanValue passes one value of a Secret through filters, without showing it.
func cleanValue(n chain.Name, key string, filters ...string) finding.Step {
	pipe := append([]string{readValue(n, key), "base64 -d"}, filters...)
	pipe = append(pipe, "base64", `tr -d '\n'`)
	return patchSecret(n, key, "data", "$("+strings.Join(pipe, " | ")+")")
}

// swapValues gives each of two keys the value of the other.
func swapValues(n chain.Name, one, other string) finding.Step {
	for _, key := range []string{one, other} {
		if !secretKey(key) {
			return noSuchKey(key)
		}
	}
	return run(fmt.Sprintf(`kubectl patch secret -n %s %s -p "{\"data\":{\"%s\":\"$(%s)\",\"%s\":\"$(%s)\"}}"`,
		script.Quote(n.Namespace), script.Quote(n.Name), one, readValue(n, other), other, readValue(n, one)))
}

// patchSecret sets one key; value is a variable or a command of the shell, and the rest
// is in double quotes for it. No Secret can have a key that would have to be quoted.
func patchSecret(n chain.Name, key, field, value string) finding.Step {
	if !secretKey(key) {
		return noSuchKey(key)
	}
	return run(fmt.Sprintf(`kubectl patch secret -n %s %s -p "{\"%s\":{\"%s\":\"%s\"}}"`, script.Quote(n.Namespace), script.Quote(n.Name), field, key, value))
}

func noSuchKey(key string) finding.Step {
	return do(fmt.Sprintf("Name another key than %q: a Secret cannot have that.", key))
}

// secretKey reports whether the API takes it as a key of a Secret.
func secretKey(key string) bool {
	return key != "" && strings.Trim(key, "-._0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

func readValue(n chain.Name, key string) string {
	path := "{.data." + strings.ReplaceAll(key, ".", `\.`) + "}"
	return fmt.Sprintf("kubectl get secret -n %s %s -o jsonpath='%s'", script.Quote(n.Namespace), script.Quote(n.Name), path)
}

// patchIssuer changes one field of an issuer by a JSON patch.
func patchIssuer(i *chain.Issuer, patch string) finding.Step {
	return kubectlOn(i.Object, "patch", "--type=json", "-p", patch)
}

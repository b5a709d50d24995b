package proxy

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
)

// adcVariable is where Google's libraries look for a credentials file.
const adcVariable = "GOOGLE_APPLICATION_CREDENTIALS"

// env reads the environment: flags win over it, and the proxy ignores in silence what
// it does not know or cannot use.
func (r *reader) env(env []Variable) {
	said := map[string]Place{}
	instances := map[string]int{}
	for i, v := range env {
		where := Place{Env, i, quoteless(v.Name)}
		name, ours := strings.CutPrefix(v.Name, r.envPrefix)
		switch {
		case v.Name == adcVariable && v.Value != "":
			r.spec.Credentials.Default = string(v.Value)
		case !ours:
			r.spec.Env = append(r.spec.Env, v)
		case r.instanceVariable(name) >= 0:
			r.spec.Env = append(r.spec.Env, v)
			instances[v.Name] = i
		case r.byEnv(v.Name) != nil:
			r.envOption(v, where, said)
		default:
			r.unknownVariable(v, where, name)
		}
	}
	for name, place := range said {
		r.said[name] = place
	}
	r.envInstances(env, instances)
}

// envOption sets an option by its variable. Of two that are called the same the last
// counts, as in a container.
func (r *reader) envOption(v Variable, where Place, said map[string]Place) {
	o := r.byEnv(v.Name)
	if v.Value == "" {
		return // as if it were not there
	}
	if o.noEnv {
		r.add(EnvIgnored, finding.Error, where, "the proxy reads it from the flag alone", "write "+r.flag(o)+"=VALUE")
		r.spec.Env = append(r.spec.Env, v)
		return
	}
	if err := setField(o.field(&Spec{}), string(v.Value)); err != nil {
		// The reference's duration-without-unit is of the environment, too.
		id := EnvValue
		if err == errUnit {
			id = DurationUnit
		}
		r.add(id, finding.Error, where, "the value cannot be read, "+err.Error()+", and the proxy ignores it in silence", fixOf(err)+serviceLink(v))
		r.spec.Env = append(r.spec.Env, v)
		return
	}
	if flag, ok := r.said[o.name]; ok {
		r.add(EnvIgnored, finding.Info, where, "the flag at "+flag.String()+" wins over it", "say it once")
		return
	}
	if before, twice := said[o.name]; twice {
		r.add(EnvIgnored, finding.Warning, before, "the variable is there again, and the last one counts", "say it once")
	}
	_ = setField(o.field(&r.spec), string(v.Value)) // it was read above
	said[o.name] = where
	r.tooNew(o, where)
}

// serviceVariable is what Kubernetes adds for a Service, after the prefix that a
// Service of the same name gives.
var serviceVariable = regexp.MustCompile(`^(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT_[0-9]+_.*)$`)

// serviceLink is advice about CSQL_PROXY_PORT=tcp://…, which Kubernetes sets for a
// Service csql-proxy.
func serviceLink(v Variable) string {
	if !strings.Contains(string(v.Value), "://") {
		return ""
	}
	return "; Kubernetes sets it for a Service of this name: set enableServiceLinks: false in the pod, or call the Service something else"
}

func (r *reader) unknownVariable(v Variable, where Place, name string) {
	names := append(r.names(), r.instanceKey)
	r.spec.Env = append(r.spec.Env, v)
	if serviceVariable.MatchString(name) {
		r.add(EnvIgnored, finding.Info, where, "Kubernetes sets it for a Service of this name, and the proxy ignores it", "set enableServiceLinks: false in the pod, or call the Service something else")
		return
	}
	fix := "leave it out"
	if near := nearest(strings.ToLower(strings.ReplaceAll(name, "_", "-")), names); near != "" {
		fix = "is " + r.envPrefix + strings.ToUpper(strings.ReplaceAll(near, "-", "_")) + " meant?"
	}
	// The reference's env-unknown.
	r.add(EnvUnknown, finding.Error, where, "the proxy does not know the variable, and ignores it in silence", fix)
}

// instanceVariable is the number of a variable for an instance: 0 for the first,
// with or without a number, -1 for another variable.
func (r *reader) instanceVariable(name string) int {
	rest, ok := strings.CutPrefix(name, strings.ToUpper(strings.ReplaceAll(r.instanceKey, "-", "_")))
	if !ok || rest != "" && rest[0] != '_' {
		return -1
	}
	if rest == "" {
		return 0
	}
	n, err := strconv.ParseUint(rest[1:], 10, 16)
	if err != nil || strconv.FormatUint(n, 10) != rest[1:] {
		return -1
	}
	return int(n)
}

// envInstances takes the instances out of the environment, where arguments name none:
// the first from the variable without a number or with 0, and on from 1 up to a gap.
func (r *reader) envInstances(env []Variable, at map[string]int) {
	first := r.envPrefix + strings.ToUpper(strings.ReplaceAll(r.instanceKey, "-", "_"))
	byArgs := len(r.spec.Instances) > 0
	used := map[string]bool{}
	take := func(name string) bool {
		i, ok := at[name]
		if !ok || env[i].Value == "" || byArgs {
			return false
		}
		used[name] = true
		r.instance(string(env[i].Value), Place{Env, i, name})
		return true
	}
	if take(first) || take(first+"_0") {
		for n := 1; take(first + "_" + strconv.Itoa(n)); n++ {
		}
	}
	r.spec.Env = without(r.spec.Env, used)
	for i, v := range env {
		if at[v.Name] != i || used[v.Name] || v.Value == "" || r.instanceVariable(strings.TrimPrefix(v.Name, r.envPrefix)) < 0 {
			continue
		}
		if byArgs {
			r.add(EnvIgnored, finding.Warning, Place{Env, i, v.Name}, "the arguments name instances, so the proxy ignores this one", "name it in the arguments, too, or leave it out")
		} else {
			r.add(EnvIgnored, finding.Error, Place{Env, i, v.Name}, "the proxy counts from "+first+" or "+first+"_0 and stops at the first gap, so it ignores this one", "count from 0 without a gap")
		}
	}
}

// without returns the variables that are not used; nil for none.
func without(variables []Variable, used map[string]bool) []Variable {
	var kept []Variable
	for _, v := range variables {
		if !used[v.Name] {
			kept = append(kept, v)
		}
	}
	return kept
}

// v1Env reads the environment of v1, which has only instances.
func (r *reader) v1Env(env []Variable) {
	byFlag := len(r.spec.Instances) > 0
	last := -1
	for i, v := range env {
		if v.Name == "INSTANCES" && v.Value != "" {
			last = i
		}
	}
	for i, v := range env {
		where := Place{Env, i, v.Name}
		switch {
		case v.Name == adcVariable && v.Value != "":
			r.spec.Credentials.Default = string(v.Value)
			continue
		case v.Name != "INSTANCES":
		case byFlag:
			r.add(EnvIgnored, finding.Warning, where, "the flag -instances wins over it", "say it once")
		case r.spec.Version.Before(instancesEnvSince):
			r.add(FlagNewer, finding.Error, where, "it came with version "+instancesEnvSince.String()+", and "+r.spec.Version.String()+" ignores it", "write -instances=…")
		case i == last:
			before := len(r.spec.Instances)
			r.v1List(string(v.Value), where)
			if len(r.spec.Instances) > before {
				continue
			}
		}
		r.spec.Env = append(r.spec.Env, v)
	}
}

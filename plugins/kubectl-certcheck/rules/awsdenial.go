package rules

import "strings"

// awsDenial is what AWS says when a right is missing. All parts are words of its
// message, and empty where it does not say.
type awsDenial struct {
	Principal string // an ARN
	Action    string // "route53:GetChange"
	Resource  string // an ARN
	// Why is the reason that newer messages give: "no identity-based policy allows the
	// route53:GetChange action", "an explicit deny in a service control policy".
	Why string
}

// parseDenial reads "User: ARN is not authorized to perform: ACTION on resource: ARN
// because …" out of an error; ok says whether it is there.
func parseDenial(text string) (d awsDenial, ok bool) {
	before, after, found := strings.Cut(text, " is not authorized to perform: ")
	words := strings.Fields(after)
	if !found || len(words) == 0 {
		return awsDenial{}, false
	}
	if all := strings.Fields(before); len(all) > 0 {
		d.Principal = all[len(all)-1]
	}
	d.Action = strings.TrimRight(words[0], ",.")
	if len(words) > 3 && words[1] == "on" && words[2] == "resource:" {
		d.Resource = strings.TrimRight(words[3], ",.")
	}
	line, _, _ := strings.Cut(after, "\n") // the SDK of old puts the status code into the next
	for _, word := range []string{" because ", " with an explicit"} {
		if at := strings.Index(line, word); at >= 0 {
			d.Why = strings.TrimRight(strings.TrimPrefix(strings.TrimPrefix(line[at:], " because "), " with "), " ,.")
			break
		}
	}
	return d, true
}

// who names the principal for people: "user cert-manager of account 123456789012".
func (d awsDenial) who() string {
	parts := strings.SplitN(d.Principal, ":", 6) // arn:aws:iam::ACCOUNT:user/path/NAME
	if len(parts) < 6 || parts[0] != "arn" {
		return "cert-manager's identity"
	}
	names := strings.Split(parts[5], "/")
	name := names[len(names)-1]
	switch {
	case names[0] == "assumed-role" && len(names) > 1: // ROLE/SESSION
		name = "role " + names[1]
	case names[0] == "user":
		name = "user " + name
	case names[0] == "root":
		name = "the root user"
	default:
		name = parts[5]
	}
	return name + " of account " + parts[4]
}

// partition is that of the principal: "aws", "aws-cn".
func (d awsDenial) partition() string {
	parts := strings.SplitN(d.Principal, ":", 3)
	if len(parts) < 3 || !strings.HasPrefix(parts[1], "aws") {
		return "aws"
	}
	return parts[1]
}

// zone is the ID of the hosted zone that the resource is; empty if it is none.
func (d awsDenial) zone() string {
	_, id, _ := strings.Cut(d.Resource, ":hostedzone/")
	if id == "*" {
		return ""
	}
	return id
}

package diagnose

import (
	"slices"
	"strings"
)

// hostsIn are the hosts that a variable names, with their ports: "orders.shop:5432". The
// words of a value are hosts where its form says so, as a URL's does, or the variable's
// name: that a database is called as a Service proves nothing.
func hostsIn(name, value string) []string {
	const most = 8 << 10
	value = value[:min(len(value), most)]
	named := namesHost(name) && !strings.ContainsAny(value, "/=@")
	var all []string
	for at := 0; at < len(value); {
		if !inHost(value[at]) {
			at++
			continue
		}
		end := at
		for end < len(value) && inHost(value[end]) {
			end++
		}
		host, port := strings.ToLower(value[at:end]), portAt(value[end:])
		before, after := value[:at], value[end:]
		at = end + len(port)
		if isUser(after) || strings.HasPrefix(after, "(") { // tcp(host:3306) of MySQL's drivers
			continue
		}
		if named || port != "" || strings.HasSuffix(before, "@") || strings.HasSuffix(before, "//") || strings.HasSuffix(before, "(") ||
			strings.HasSuffix(strings.ToLower(before[max(0, len(before)-5):]), "host=") || strings.Contains(host+".", ".svc.") {
			if port != "" {
				host += ":" + port
			}
			all = append(all, host)
		}
	}
	return all
}

// isUser reports whether what stands before a text is a user's name or password: an @
// follows.
func isUser(after string) bool {
	end := strings.IndexAny(after, "@/ ,(")
	return end >= 0 && after[end] == '@'
}

func inHost(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '.' || b == '_'
}

// portAt is the port that a text begins with, ":5432"; "" if it is none, or a password
// that an @ follows.
func portAt(text string) string {
	rest, ok := strings.CutPrefix(text, ":")
	if !ok {
		return ""
	}
	digits := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
	if after := rest[len(digits):]; digits == "" || len(digits) > 5 || after != "" && (inHost(after[0]) || after[0] == '@') {
		return ""
	}
	return digits
}

// namesHost reports whether a variable is for a host, by its name.
func namesHost(name string) bool {
	name = strings.ToUpper(name)
	return slices.ContainsFunc([]string{"HOST", "ADDR", "SERVER", "ENDPOINT", "URL", "URI", "DSN"}, func(word string) bool { return strings.Contains(name, word) })
}

// loopback reports whether a host is the pod itself.
func loopback(host string) bool {
	host, _, _ = strings.Cut(host, ":")
	return host == "localhost" || host == "127.0.0.1"
}

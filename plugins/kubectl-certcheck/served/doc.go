// Package served holds what is known of what serves TLS: the results of handshakes,
// of lookups in DNS, and of the question what an Envoy has loaded. They are facts,
// judged by nobody yet; the room live finds them out.
package served

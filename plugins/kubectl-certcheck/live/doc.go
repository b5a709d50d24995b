// Package live asks what serves TLS what it serves: which certificates for
// which name, by which versions of TLS, and what goes wrong on the way. It
// returns facts (of the room served) and judges none of them.
//
// It knows no Gateway and no Secret, but endpoints, which are ways to connect
// (TCP, ForwardPod), and names. It verifies nothing itself: what was served is a
// material.Chain, which is seen also where the server then refuses, for want of
// a client certificate. It sends no application data, except to the admin port
// of an Envoy (AdminCertificates), and it asks DNS (Resolve).
//
// What could not be looked at has a served.Failure that says why.
package live

// Package material says what the bytes of a TLS Secret, of a file or of a
// handshake are worth: which blocks they hold and what is wrong with each, what
// the key and the certificates are, how the certificates make a chain, which
// hosts they cover, how long they live and when cert-manager renews them.
//
// It is pure: bytes and the time of now go in, facts come out, as values of
// types that rules can switch over and not as sentences. It reads no file, asks
// no cluster and knows no trust store but the one it is given (Chain.Trust).
//
// No private key is kept. A key is parsed, its kind, its size and the hash of
// its public half are noted, and it is dropped: nothing that is returned could
// print it. For the same reason no fact quotes its input, but for what
// certificates say, which is public.
//
// Work is bounded: see MaxBytes, MaxBlocks and MaxSignatures. What a bound left
// out is itself a fact.
package material

// Answer is what is known of a yes-or-no question.
type Answer string

const (
	// Unknown: it could not be looked at, as with the public half of an encrypted key.
	Unknown Answer = ""
	Yes     Answer = "yes"
	No      Answer = "no"
)

func answer(yes bool) Answer {
	if yes {
		return Yes
	}
	return No
}

package material

// Pair is what a TLS Secret holds: certificates, and the key of the first.
type Pair struct {
	Certificates, Key *Bundle
	Chain             *Chain
	// Match says whether the key is that of the first certificate, which is what
	// servers need.
	Match Answer
	// MatchAt is the index, in Chain, of the certificate that the key belongs to; -1
	// is none, or unknown. If it is not 0, the order is wrong.
	MatchAt int
}

// ParsePair says what tls.crt and tls.key hold. They may be the same bytes, as of a
// file with both.
func ParsePair(certificates, key []byte) *Pair {
	p := &Pair{Certificates: Parse(certificates, Certificates), Key: Parse(key, PrivateKey), MatchAt: -1}
	found := p.Key.Key()
	p.Chain = NewChain(p.Certificates.Certificates(), found)
	for i, cert := range p.Chain.Certificates {
		if found.Matches(cert) == Yes {
			p.MatchAt = i
			break
		}
	}
	if len(p.Chain.Certificates) > 0 {
		p.Match = found.Matches(p.Chain.Certificates[0])
	}
	return p
}

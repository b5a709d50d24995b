package material

import "slices"

// linker finds the links of a chain, from the leaf up, so that the signatures
// that count are checked first.
type linker struct {
	chain     *Chain
	bySubject map[string][]int
	linked    []bool
	left      int // signatures
}

// prepare finds duplicates, and who has which subject.
func (l *linker) prepare() {
	seen := map[string]int{}
	for i, cert := range l.chain.Certificates {
		m := &l.chain.Members[i]
		m.Role, m.DuplicateOf = RoleUnrelated, -1
		if first, ok := seen[cert.SHA256]; ok {
			m.Role, m.DuplicateOf = RoleDuplicate, first
			continue
		}
		seen[cert.SHA256] = i
		subject := string(cert.parsed.RawSubject)
		l.bySubject[subject] = append(l.bySubject[subject], i)
	}
}

// leaf returns the index of the server's certificate; there is at least one.
func (l *linker) leaf(key *Key) int {
	certs := l.chain.Certificates
	if i := slices.IndexFunc(certs, func(c *Certificate) bool { return key.Matches(c) == Yes }); i >= 0 {
		return i
	}
	if i := slices.IndexFunc(certs, func(c *Certificate) bool { return !c.CA }); i >= 0 {
		return i
	}
	issued := map[string]bool{}
	for _, c := range certs {
		if !c.SelfIssued {
			issued[string(c.parsed.RawIssuer)] = true
		}
	}
	return max(0, slices.IndexFunc(certs, func(c *Certificate) bool { return !issued[string(c.parsed.RawSubject)] }))
}

// link finds the issuers of a certificate.
func (l *linker) link(i int) {
	if l.linked[i] || l.chain.Members[i].Role == RoleDuplicate {
		return
	}
	l.linked[i] = true
	cert := l.chain.Certificates[i]
	for _, j := range l.bySubject[string(cert.parsed.RawIssuer)] {
		if j == i {
			continue
		}
		if l.left == 0 {
			l.chain.Bounded = true
			return
		}
		l.left--
		link := Link{Index: j, Signed: signed(cert.parsed, l.chain.Certificates[j].parsed)}
		l.chain.Members[i].Issuers = append(l.chain.Members[i].Issuers, link)
	}
}

// climb makes the path.
func (l *linker) climb() {
	c := l.chain
	onPath := map[int]bool{}
	for at := c.Leaf; ; {
		onPath[at] = true
		c.Path = append(c.Path, at)
		c.Members[at].Role = l.role(at)
		if c.Certificates[at].SelfSigned != No {
			c.End = AtSelfSigned
			return
		}
		l.link(at)
		next, cycle := l.next(at, onPath)
		if next < 0 {
			if c.End = AtMissing; cycle {
				c.End = AtCycle
			}
			return
		}
		at = next
	}
}

func (l *linker) role(i int) Role {
	switch {
	case i == l.chain.Leaf:
		return RoleLeaf
	case l.chain.Certificates[i].SelfSigned != No:
		return RoleRoot
	}
	return RoleIntermediate
}

// next chooses the issuer that a path goes on with: one that signed for sure
// before one that may have; of these the one right behind, else the first. It is
// -1 if there is none; cycle says that there would be one, on the path already.
func (l *linker) next(i int, onPath map[int]bool) (next int, cycle bool) {
	next = -1
	for _, want := range []Answer{Yes, Unknown} {
		for _, link := range l.chain.Members[i].Issuers {
			switch {
			case link.Signed != want:
			case onPath[link.Index]:
				cycle = true
			case next < 0 || link.Index == i+1:
				next = link.Index
			}
		}
		if next >= 0 {
			break
		}
	}
	return next, cycle
}

// above marks all that signed the leaf, directly or not.
func (l *linker) above() {
	c := l.chain
	seen := map[int]bool{c.Leaf: true}
	for todo := []int{c.Leaf}; len(todo) > 0; {
		i := todo[0]
		todo = todo[1:]
		l.link(i)
		for _, link := range c.Members[i].Issuers {
			if link.Signed == No || seen[link.Index] {
				continue
			}
			seen[link.Index] = true
			todo = append(todo, link.Index)
			if c.Members[link.Index].Role == RoleUnrelated {
				c.Members[link.Index].Role = RoleAlternative
			}
		}
	}
}

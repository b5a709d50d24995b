package material

// fillContent says what is in a block: its kind, its certificate or key, and
// what is wrong with them. label is what the block says of itself.
func fillContent(b *Block, label string, der []byte, encrypted bool, note func(Code)) {
	promised := kindOf(label)
	b.Kind = promised
	b.Bytes = len(der)
	switch {
	case len(der) == 0:
		if !b.Has(EndMissing) && !b.Has(BadBase64) {
			note(NoContent)
		}
		return
	case encrypted:
		b.Kind, b.Key = KindKey, encryptedKey(label)
		return
	case promised == KindCertificate:
		labelProblems(b, label, note)
	case promised == KindKey && label == labelOpenSSH:
		b.Key = &Key{Encoding: OpenSSH}
		return
	case promised != KindKey && promised != KindOther:
		return
	}
	if len(der) > maxCertificate || promised == KindKey && len(der) > maxKey {
		note(TooLarge)
		return
	}
	cert, key, err := sniff(der)
	switch {
	case cert != nil:
		b.Kind, b.Certificate = KindCertificate, cert
		if trailing(der) && label != labelTrusted {
			note(TrailingBytes)
		}
	case key != nil:
		b.Kind, b.Key = KindKey, key
		if trailing(der) {
			note(TrailingBytes)
		}
	case promised != KindOther && !b.Has(EndMissing):
		note(BadContent)
		if promised == KindCertificate && err != nil {
			b.Problems[len(b.Problems)-1].Detail = err.Error()
		}
	}
	if !b.Has(NotPEM) && (b.Kind != promised || key != nil && !key.labelled(label)) {
		note(Mislabelled)
	}
}

func labelProblems(b *Block, label string, note func(Code)) {
	switch {
	case label == labelTrusted:
		note(TrustedLabel)
	case label == labelOld:
		note(OldLabel)
	}
	if b.Headers {
		note(HasHeaders)
	}
}

// sniff returns the certificate or the key that der holds, or why it is no
// certificate. The error can quote names, which a key has none of.
func sniff(der []byte) (*Certificate, *Key, error) {
	cert, err := certificateOf(der)
	if err == nil {
		return cert, nil, nil
	}
	return nil, keyOf(der), err
}

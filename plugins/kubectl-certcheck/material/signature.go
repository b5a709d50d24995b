package material

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/md5"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
)

// maxVerifyBits is the size of an RSA key up to which signatures are checked, as
// in crypto/tls: what a check costs grows with its square.
const maxVerifyBits = 8192

// signed says whether the key of parent signed child. Neither usage nor lifetime
// nor names play a part.
func signed(child, parent *x509.Certificate) Answer {
	if key, ok := parent.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > maxVerifyBits {
		return Unknown
	}
	switch child.SignatureAlgorithm {
	case x509.UnknownSignatureAlgorithm, x509.MD2WithRSA, x509.DSAWithSHA1, x509.DSAWithSHA256:
		return Unknown // Go has no code for them
	case x509.MD5WithRSA, x509.SHA1WithRSA, x509.ECDSAWithSHA1:
		return signedWeakly(child, parent)
	}
	if tooSmall(parent) {
		return Unknown
	}
	return answer(parent.CheckSignature(child.SignatureAlgorithm, child.RawTBSCertificate, child.Signature) == nil)
}

// tooSmall reports whether crypto/rsa refuses to use the key (below 1024 bits),
// which says nothing of the signature.
func tooSmall(c *x509.Certificate) bool {
	key, ok := c.PublicKey.(*rsa.PublicKey)
	return ok && key.N.BitLen() < 1024
}

// signedWeakly checks signatures over MD5 and SHA-1, which crypto/x509 refuses:
// a chain is a chain, however weak.
func signedWeakly(child, parent *x509.Certificate) Answer {
	if tooSmall(parent) {
		return Unknown
	}
	hash, digest := crypto.SHA1, sha1.Sum(child.RawTBSCertificate)
	sum := digest[:]
	if child.SignatureAlgorithm == x509.MD5WithRSA {
		digest := md5.Sum(child.RawTBSCertificate)
		hash, sum = crypto.MD5, digest[:]
	}
	switch key := parent.PublicKey.(type) {
	case *rsa.PublicKey:
		return answer(child.SignatureAlgorithm != x509.ECDSAWithSHA1 && rsa.VerifyPKCS1v15(key, hash, sum, child.Signature) == nil)
	case *ecdsa.PublicKey:
		return answer(child.SignatureAlgorithm == x509.ECDSAWithSHA1 && ecdsa.VerifyASN1(key, sum, child.Signature))
	}
	return No
}

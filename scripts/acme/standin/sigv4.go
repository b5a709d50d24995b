package standin

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// authenticate checks the signature as AWS does: by making it again. It returns who
// signed; nil with AWS's code and text for what is wrong.
func (w *World) authenticate(r *http.Request, body []byte) (user *account, code, text string) {
	fields := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 "), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = value
	}
	scope := strings.Split(fields["Credential"], "/") // KEY/DATE/REGION/SERVICE/aws4_request
	if len(scope) != 5 {
		return nil, "MissingAuthenticationToken", "Missing Authentication Token"
	}
	user = w.byKey(scope[0])
	if user == nil {
		return nil, "InvalidClientTokenId", "The security token included in the request is invalid."
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return nil, "IncompleteSignature", "Date must be in ISO-8601 'basic format'."
	}
	again := r.Clone(r.Context())
	again.URL.Scheme, again.URL.Host = "http", r.Host
	again.Header = http.Header{}
	for name := range strings.SplitSeq(fields["SignedHeaders"], ";") {
		if values, ok := r.Header[http.CanonicalHeaderKey(name)]; ok {
			again.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	hash := sha256.Sum256(body)
	signer := v4.NewSigner()
	credentials := aws.Credentials{AccessKeyID: user.AccessKeyID, SecretAccessKey: user.SecretAccessKey}
	if err := signer.SignHTTP(r.Context(), credentials, again, hex.EncodeToString(hash[:]), scope[3], scope[2], at); err != nil {
		return nil, "InternalFailure", err.Error()
	}
	if again.Header.Get("Authorization") != r.Header.Get("Authorization") {
		return nil, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	}
	return user, "", ""
}

// Package krew holds the suite's krew manifests, as templates in the syntax of
// krew-release-bot, and the rules by which krew and the maintainers of its index judge
// them.
package krew

import (
	"bytes"
	"fmt"
	"text/template"
)

// Render fills a template in as krew-release-bot does: TagName is the release's tag,
// "v1.2.3", and addURIAndSha writes an archive's address and checksum. sha256 returns the
// checksum, in hexadecimal, of the archive at an address.
func Render(text []byte, tag string, sha256 func(uri string) (string, error)) ([]byte, error) {
	values := struct{ TagName string }{tag}
	expand := func(text string) (string, error) {
		t, err := template.New("uri").Parse(text)
		if err != nil {
			return "", err
		}
		var b bytes.Buffer
		err = t.Execute(&b, values)
		return b.String(), err
	}
	t, err := template.New("manifest").Funcs(template.FuncMap{
		"addURIAndSha": func(uri, _ string) (string, error) {
			uri, err := expand(uri)
			if err != nil {
				return "", err
			}
			sum, err := sha256(uri)
			// The bot does not quote it either: a checksum of digits alone would be a number.
			return fmt.Sprintf("uri: %s\n    sha256: %s", uri, sum), err
		},
	}).Parse(string(text))
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, values); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

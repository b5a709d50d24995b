package byhand

import (
	_ "embed"
	"slices"
	"strings"

	"github.com/kubechores/kubechores/pkg/script"
)

var (
	//go:embed functions.sh
	common string
	//go:embed secret.sh
	secrets string
	//go:embed served.sh
	serving string
	//go:embed object.sh
	objects string
	//go:embed credential.sh
	credentials string
)

// functions prints the functions that the plan's commands need, and what they need.
func (p *Plan) functions(s *script.Script) {
	link := func(is func(Link) bool) bool {
		return p.any(func(o *Secret) bool { return slices.ContainsFunc(o.Links, is) })
	}
	pods := p.any(func(o *Secret) bool { return len(o.Pods) > 0 })
	part(s, common)
	part(s, secrets)
	if pods {
		part(s, serving)
	}
	if link(func(l Link) bool { return l.Key == "" }) {
		part(s, objects)
	}
	if link(func(l Link) bool { return l.Key != "" }) {
		part(s, credentials)
	}
	s.Lines("need kubectl openssl")
	s.Paragraph()
	s.Comment("Certificates and error messages lie here; Ctrl-C removes them, too.")
	s.Lines("tmp=''")
	clean := []string{`if [ "$tmp" ]; then rm -rf -- "$tmp"; fi`}
	if pods {
		clean = slices.Insert(clean, 0, "stop")
	}
	s.Cleanup(clean...)
	s.Lines("tmp=$(mktemp -d)")
}

// part prints functions, without the line that is for shellcheck: which shell the file is
// for, and that kubectl and tmp are set by the script around it.
func part(s *script.Script, functions string) {
	s.Lines(strings.TrimPrefix(functions, "# shellcheck shell=bash disable=SC2154\n"))
	s.Paragraph()
}

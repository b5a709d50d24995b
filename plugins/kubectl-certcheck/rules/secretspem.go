package rules

import (
	"fmt"
	"strings"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/pkg/script"
	"github.com/kubechores/kubechores/plugins/kubectl-certcheck/material"
)

// checkText: SEC04 for each key of the data that holds what not all programs can read.
func (h *heldSecret) checkText() {
	if h.pair == nil {
		return
	}
	h.checkBundle(h.crtKey, h.pair.Certificates, len(h.pair.Certificates.Certificates()) > 0, "certificate")
	h.checkBundle(h.keyKey, h.pair.Key, h.pair.Key.Key() != nil, "private key")
}

func (h *heldSecret) checkBundle(key string, b *material.Bundle, usable bool, wanted string) {
	all := complaintsOf(b)
	if b.Form == material.FormEmpty {
		return // SEC01
	}
	if len(all) == 0 && !usable {
		text := "holds no " + wanted
		if len(b.Blocks) > 0 {
			text += fmt.Sprintf(", but a %s", b.Blocks[0].Kind)
		}
		all = []pemComplaint{{severity: finding.Error, text: text}}
	}
	if len(all) == 0 {
		return
	}
	worst := all[0]
	for _, one := range all {
		if one.severity == finding.Error && worst.severity != finding.Error || one.severity == finding.Warning && worst.severity == finding.Info {
			worst = one
		}
	}
	part := aside
	if !usable {
		worst.severity = finding.Error
	}
	if worst.severity == finding.Error {
		part = h.part()
	}
	f := h.say(part, worst.severity, "SEC04", "%s of Secret %s %s.", key, h.Name, worst.text)
	f.Evidence = quote(secretData(key), describeComplaints(all))
	if b.Form != material.FormPEM {
		f.Evidence = quote(secretData(key), describeForm(b))
	}
	f.Fix = h.mend(key, b.Form, worst)
}

// mend is how to get a text that can be read. What cert-manager fills is issued anew.
func (h *heldSecret) mend(key string, form material.Form, worst pemComplaint) []finding.Step {
	var steps []finding.Step
	switch {
	case worst.severity != finding.Error && worst.fix == "":
		return nil
	case h.owner == nil && form == material.FormBase64:
		file := "fullchain.pem"
		if key == h.keyKey {
			file = "privkey.pem"
		}
		path := strings.ReplaceAll(key, ".", `\.`)
		return []finding.Step{
			h.kubectl("get secret", script.Quote(h.Name.Name), "-o jsonpath='{.data."+path+"}' |", "base64 -d | base64 -d >", file),
			do("With both files, fullchain.pem and privkey.pem:"),
			h.fill(),
		}
	case worst.fix != "":
		steps = []finding.Step{do(worst.fix)}
	}
	return append(steps, h.reissue()...)
}

// describeForm says what a value holds, and none of it.
func describeForm(b *material.Bundle) string {
	text := fmt.Sprintf("%d bytes, %s", b.Size, b.Form)
	var kinds []string
	for i := range b.Blocks {
		kinds = append(kinds, string(b.Blocks[i].Kind))
	}
	if kinds != nil {
		text += " of: " + some(kinds)
	}
	return text
}

// pemComplaint is one thing that is wrong with a text, as the end of a sentence.
type pemComplaint struct {
	severity  finding.Severity
	text, fix string
	line      int // 0 is none
}

func describeComplaints(all []pemComplaint) string {
	const most = 5
	var lines []string
	for i, one := range all {
		if i == most {
			lines = append(lines, fmt.Sprintf("and %d more", len(all)-most))
			break
		}
		if one.line > 0 {
			lines = append(lines, fmt.Sprintf("line %d: %s", one.line, one.text))
			continue
		}
		lines = append(lines, one.text)
	}
	return strings.Join(lines, "\n")
}

// complaintsOf are all complaints about a text, in its order.
func complaintsOf(b *material.Bundle) []pemComplaint {
	if one, ok := formComplaint(b.Form); ok {
		return []pemComplaint{one}
	}
	var all []pemComplaint
	for _, p := range b.Problems {
		if one, ok := textComplaint(p.Code); ok {
			one.line = p.Line
			all = append(all, one)
		}
	}
	for i := range b.Blocks {
		block := &b.Blocks[i]
		for _, p := range block.Problems {
			if one, ok := blockComplaint(p, block); ok {
				one.line = p.Line
				all = append(all, one)
			}
		}
		if k := block.Key; k != nil && block.Kind == material.KindKey {
			switch {
			case k.Encrypted:
				all = append(all, pemComplaint{finding.Error, "is an encrypted key, and nobody can ask for its password", "Decrypt it: openssl pkey -in encrypted.pem -out privkey.pem", block.Line})
			case k.Encoding == material.OpenSSH:
				all = append(all, pemComplaint{finding.Error, "is a key in OpenSSH's form, which TLS servers do not read", "Convert it: ssh-keygen -p -m PEM -f a copy of it.", block.Line})
			}
		}
	}
	return all
}

// formComplaint is about what is no PEM as a whole.
func formComplaint(form material.Form) (pemComplaint, bool) {
	one, ok := map[material.Form]pemComplaint{
		material.FormDER:    {text: "is DER, and has to be PEM", fix: "Convert it: openssl x509 -inform der -in FILE -out fullchain.pem, for the key openssl pkey -inform der -in FILE -out privkey.pem"},
		material.FormPKCS12: {text: "is a PKCS#12 file, and has to be PEM", fix: "Convert it: openssl pkcs12 -in FILE -nokeys -out fullchain.pem, and openssl pkcs12 -in FILE -nocerts -noenc -out privkey.pem"},
		material.FormPKCS7:  {text: "is a PKCS#7 file, and has to be PEM", fix: "Convert it: openssl pkcs7 -inform der -in FILE -print_certs -out fullchain.pem"},
		material.FormJKS:    {text: "is a Java key store, and has to be PEM", fix: "Convert it: keytool -importkeystore -srckeystore FILE -destkeystore store.p12 -deststoretype pkcs12, then by openssl pkcs12"},
		material.FormBase64: {text: "was encoded twice: decoded, it is base64 once more", fix: "Put the PEM text as it is under stringData, or encode it once."},
		material.FormUTF16:  {text: "is text in UTF-16, as PowerShell's redirection writes it", fix: "Save the file as UTF-8 without a byte order mark, or as ASCII."},
		material.FormOther:  {text: "is no PEM: it has no block at all"},
	}[form]
	one.severity = finding.Error
	return one, ok
}

// textComplaint is about what lies outside blocks, which parsers pass over.
func textComplaint(code material.Code) (pemComplaint, bool) {
	one, ok := map[material.Code]pemComplaint{
		material.TooLarge:        {severity: finding.Warning, text: "is larger than was looked at"},
		material.ByteOrderMark:   {severity: finding.Warning, text: "begins with a byte order mark", fix: "Save the file as UTF-8 without a byte order mark."},
		material.BeginMissing:    {severity: finding.Warning, text: "has an END line without its BEGIN"},
		material.NotText:         {severity: finding.Warning, text: "has bytes that are no text"},
		material.CarriageReturns: {severity: finding.Info, text: "has lines that end with CR LF, which most programs read"},
		material.GarbageBefore:   {severity: finding.Info, text: "has text in front of the first block, which most programs pass over"},
		material.GarbageBetween:  {severity: finding.Info, text: "has text between blocks, which most programs pass over"},
		material.GarbageAfter:    {severity: finding.Info, text: "has text behind the last block, which most programs pass over"},
	}[code]
	return one, ok
}

// blockComplaint is about one block. A block twice is the chain's matter.
func blockComplaint(p material.Problem, b *material.Block) (pemComplaint, bool) {
	label := b.Label
	if label == "" {
		label = string(b.Kind)
	}
	one, ok := map[material.Code]pemComplaint{
		material.EndMissing:      {severity: finding.Error, text: "is cut off: " + label + " has no END"},
		material.LabelMismatch:   {severity: finding.Error, text: "has a block whose BEGIN and END differ"},
		material.NotAtLineStart:  {severity: finding.Error, text: "has something in front of BEGIN or END on its line, and programs pass over such a block"},
		material.Glued:           {severity: finding.Error, text: "has END and the next BEGIN on one line", fix: "Put a newline between the files that were put together."},
		material.NotAlone:        {severity: finding.Error, text: "has something behind BEGIN or END on its line"},
		material.EscapedNewlines: {severity: finding.Error, text: `has the letters \n in place of newlines`},
		material.WrongDashes:     {severity: finding.Error, text: "has BEGIN or END without five dashes on each side"},
		material.BadBase64:       {severity: finding.Error, text: "has a block that is not base64"},
		material.Unread:          {severity: finding.Error, text: "has a block that PEM parsers do not find"},
		material.NoContent:       {severity: finding.Error, text: "has an empty block: " + label},
		material.BadContent:      {severity: finding.Error, text: "has a block that is no valid " + string(b.Kind) + detail(p.Detail)},
		material.Misplaced:       {severity: finding.Warning, text: "holds a " + string(b.Kind) + ", which has no place there"},
		material.Mislabelled:     {severity: finding.Warning, text: "has a block with a wrong label: " + label},
		material.TrustedLabel:    {severity: finding.Warning, text: "has a TRUSTED CERTIFICATE, which only OpenSSL reads", fix: "Convert it: openssl x509 -in FILE -out cert.pem"},
		material.OldLabel:        {severity: finding.Warning, text: "has an X509 CERTIFICATE, which Go's programs do not read", fix: "Convert it: openssl x509 -in FILE -out cert.pem"},
		material.HasHeaders:      {severity: finding.Warning, text: "has a certificate with headers, which many programs pass over"},
		material.TrailingBytes:   {severity: finding.Warning, text: "has a block with bytes behind its " + string(b.Kind)},
		material.TooLarge:        {severity: finding.Warning, text: "has a block larger than any certificate or key"},
	}[p.Code]
	return one, ok
}

func detail(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

// checkMatch: SEC03. A key of a certificate that is not the first is the order's matter.
func (h *heldSecret) checkMatch() {
	p := h.pair
	if p.Match != material.No || p.MatchAt >= 0 {
		return
	}
	key := p.Key.Key()
	f := h.say(h.part(), finding.Error, "SEC03", "The private key in Secret %s is not that of its certificate.", h.Name)
	f.Evidence = append(f.Evidence, finding.Evidence{Source: secretData(h.crtKey), Text: "public key " + algorithmText(h.leaf.PublicKey) + ", SHA-256 " + h.leaf.PublicSHA256})
	f.Evidence = append(f.Evidence, finding.Evidence{Source: secretData(h.keyKey), Text: "public key " + algorithmText(key.Algorithm) + ", SHA-256 " + key.PublicSHA256})
	f.Cause = "No server can start with it. The two come from different requests, or one of them was replaced alone."
	f.Evidence = append(f.Evidence, h.ready()...)
	f.Fix = h.reissue()
}

func algorithmText(a material.Algorithm) string {
	switch {
	case a.Curve != "":
		return string(a.Kind) + " " + a.Curve
	case a.Kind == material.OtherKey:
		return "of an unknown kind"
	case a.Bits > 0 && a.Kind != material.Ed25519:
		return fmt.Sprintf("%s %d", a.Kind, a.Bits)
	}
	return string(a.Kind)
}

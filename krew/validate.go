package krew

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/yaml"
)

// Manifest is a plugin's, as far as it is judged here.
type Manifest struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Version          string     `json:"version"`
		Homepage         string     `json:"homepage"`
		ShortDescription string     `json:"shortDescription"`
		Description      string     `json:"description"`
		Caveats          string     `json:"caveats"`
		Platforms        []Platform `json:"platforms"`
	} `json:"spec"`
}

// Platform is one archive and where it is for.
type Platform struct {
	URI      string                `json:"uri"`
	SHA256   string                `json:"sha256"`
	Bin      string                `json:"bin"`
	Selector *metav1.LabelSelector `json:"selector"`
	Files    []struct {
		From string `json:"from"`
		To   string `json:"to"`
	} `json:"files"`
}

// Parse reads a manifest. A field that krew does not know is an error, as is one of a
// wrong type.
func Parse(text []byte) (*Manifest, error) {
	m := &Manifest{}
	return m, yaml.UnmarshalStrict(text, m)
}

// Validate says all that is wrong with the manifest that a file of that name holds: by
// krew's own validation (internal/index/validation and cmd/validate-krew-manifest of krew
// v0.4.5), and by what the maintainers of its index ask for.
func (m *Manifest) Validate(file string) error {
	var wrong []error
	for _, rule := range []func(*Manifest, string) error{
		checkType, checkName, checkVersion, checkShort, checkDescription, checkHomepage, checkPlatforms,
	} {
		wrong = append(wrong, rule(m, file))
	}
	return errors.Join(wrong...)
}

func checkType(m *Manifest, _ string) error {
	if m.APIVersion != "krew.googlecontainertools.github.com/v1alpha2" || m.Kind != "Plugin" {
		return fmt.Errorf("apiVersion %q, kind %q: must be krew.googlecontainertools.github.com/v1alpha2 and Plugin", m.APIVersion, m.Kind)
	}
	return nil
}

func checkName(m *Manifest, file string) error {
	name := m.Metadata.Name
	switch {
	case !regexp.MustCompile(`^[\w-]+$`).MatchString(name):
		return fmt.Errorf("metadata.name %q: letters, digits, - and _ only", name)
	case path.Base(file) != name+".yaml":
		return fmt.Errorf("the file %s must be named %s.yaml", file, name)
	}
	return nil
}

func checkVersion(m *Manifest, _ string) error {
	if !regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$`).MatchString(m.Spec.Version) {
		return fmt.Errorf("spec.version %q: must be a semantic version that begins with v", m.Spec.Version)
	}
	return nil
}

// maxShort is what the index's review allows.
const maxShort = 50

func checkShort(m *Manifest, _ string) error {
	switch short := m.Spec.ShortDescription; {
	case short == "" || strings.ContainsAny(short, "\r\n"):
		return errors.New("spec.shortDescription: one line is needed")
	case len(short) > maxShort:
		return fmt.Errorf("spec.shortDescription has %d characters, %d are allowed", len(short), maxShort)
	case strings.HasSuffix(short, "."):
		return errors.New("spec.shortDescription ends with a period")
	}
	return nil
}

func checkDescription(m *Manifest, _ string) error {
	if m.Spec.Description == "" {
		return errors.New("spec.description is needed")
	}
	for _, text := range []string{m.Spec.Description, m.Spec.Caveats} {
		for line := range strings.SplitSeq(text, "\n") {
			if len(line) > 80 {
				return fmt.Errorf("a line of the description or the caveats is longer than 80 characters: %q", line)
			}
		}
	}
	return nil
}

func checkHomepage(m *Manifest, _ string) error {
	if !strings.HasPrefix(m.Spec.Homepage, "https://") {
		return fmt.Errorf("spec.homepage %q: must be an address", m.Spec.Homepage)
	}
	return nil
}

// known are the platforms that krew's validation knows.
func known() []labels.Set {
	var all []labels.Set
	for _, p := range []string{
		"windows/386", "windows/amd64", "windows/arm64", "linux/386", "linux/amd64", "linux/arm", "linux/arm64", "linux/ppc64le",
		"darwin/386", "darwin/amd64", "darwin/arm64",
	} {
		os, arch, _ := strings.Cut(p, "/")
		all = append(all, labels.Set{"os": os, "arch": arch})
	}
	return all
}

func checkPlatforms(m *Manifest, _ string) error {
	if len(m.Spec.Platforms) == 0 {
		return errors.New("spec.platforms is empty")
	}
	var wrong []error
	taken := map[string]int{}
	for i := range m.Spec.Platforms {
		p := &m.Spec.Platforms[i]
		if err := p.check(taken, i); err != nil {
			wrong = append(wrong, fmt.Errorf("spec.platforms[%d]: %w", i, err))
		}
	}
	return errors.Join(wrong...)
}

// check judges one platform. taken are the platforms that others are for.
func (p *Platform) check(taken map[string]int, index int) error {
	selector, err := metav1.LabelSelectorAsSelector(p.Selector)
	switch {
	case err != nil:
		return fmt.Errorf("selector: %w", err)
	case p.Selector == nil:
		return errors.New("a selector is needed")
	case !strings.HasPrefix(p.URI, "https://"):
		return fmt.Errorf("uri %q: must be an address", p.URI)
	case !regexp.MustCompile(`^[a-f0-9]{64}$`).MatchString(p.SHA256):
		return fmt.Errorf("sha256 %q: must be 64 hexadecimal digits", p.SHA256)
	case p.Bin == "" || path.IsAbs(p.Bin) || strings.HasPrefix(path.Clean(p.Bin), ".."):
		return fmt.Errorf("bin %q: must be a path in the archive", p.Bin)
	case p.Files != nil && (len(p.Files) == 0 || slices.ContainsFunc(p.Files, func(f struct {
		From string `json:"from"`
		To   string `json:"to"`
	}) bool {
		return f.From == "" || f.To == ""
	})):
		return errors.New("files: each has from and to, or there is no such field")
	}
	matched := false
	for _, set := range known() {
		if !selector.Matches(set) {
			continue
		}
		matched = true
		if other, ok := taken[set.String()]; ok {
			return fmt.Errorf("%s is platforms[%d]'s, too", set, other)
		}
		taken[set.String()] = index
		if set["os"] == "windows" && !strings.HasSuffix(p.Bin, ".exe") {
			return fmt.Errorf("bin %q: must end in .exe for windows", p.Bin)
		}
	}
	if !matched {
		return errors.New("the selector matches no platform that krew knows")
	}
	return nil
}

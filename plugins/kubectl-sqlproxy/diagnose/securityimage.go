package diagnose

import (
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/kubechores/kubechores/pkg/finding"
	"github.com/kubechores/kubechores/plugins/kubectl-sqlproxy/proxy"
)

// supported is for how long Google supports a release of v2 after its day.
const supported = 365 * 24 * time.Hour

// checkImage judges the version that runs.
func (c *checker) checkImage(s *subject) {
	field := s.Path + ".image"
	tag, pinned := tagOf(s.Container.Image)
	if !pinned && (tag == "" || tag == "latest" || tag == "alpine") {
		c.add(s, aside, finding.Finding{
			ID: "image-untagged", Severity: finding.Warning, Object: s.Object,
			What:     fmt.Sprintf("The image of container %s does not say which version of the proxy runs: each new pod may start another one.", s.Container.Name),
			Evidence: quote(field, s.Container.Image),
			Fix:      []finding.Step{do(fmt.Sprintf("Name a version: the newest that is known here is %s.", newest(s.Spec.Engine)))},
		})
	}
	by := releasedBy(s.Spec.Program)
	old := !by.IsZero() && c.Now.Sub(by) > supported
	if s.Spec.Engine == proxy.V1 {
		c.checkV1(s, by, old)
		return
	}
	if !old {
		return
	}
	f := finding.Finding{
		ID: "image-old", Severity: finding.Warning, Object: s.Object,
		What:     fmt.Sprintf("The proxy's version %s is more than a year old: it was there by %s.", s.Spec.Version, by.Format(time.DateOnly)),
		Evidence: quote(field, s.Container.Image),
		Fix:      []finding.Step{do(fmt.Sprintf("Take a newer one: the newest that is known here is %s.", newest(s.Spec.Engine)))},
	}
	if s.Spec.Engine == proxy.V2 {
		f.Cause = "Google supports a release for one year."
	}
	c.add(s, aside, f)
}

func (c *checker) checkV1(s *subject, by time.Time, old bool) {
	f := finding.Finding{
		ID: "v1-proxy", Severity: finding.Warning, Object: s.Object,
		What:     fmt.Sprintf("Container %s runs the first version of the proxy, which gets no more than its libraries updated.", s.Container.Name),
		Evidence: quote(s.Path+".image", s.Container.Image),
		Cause:    "It cannot do all of caching_sha2_password: users of MySQL 8.4 are refused after each restart of the database.",
		Fix: []finding.Step{
			do("Let this plugin write the arguments for v2, with all that is different:"),
			s.convert(),
		},
		Docs: "https://github.com/GoogleCloudPlatform/cloud-sql-proxy/blob/main/migration-guide.md",
	}
	if old {
		f.Evidence = append(f.Evidence, finding.Evidence{Source: "release " + s.Spec.Version.String(), Text: "was there by " + by.Format(time.DateOnly)})
	}
	c.add(s, aside, f)
}

// tagOf is the tag of an image, and whether a digest pins it.
func tagOf(image string) (tag string, pinned bool) {
	image, _, pinned = strings.Cut(image, "@")
	_, tag, _ = strings.Cut(path.Base(image), ":")
	return tag, pinned
}

package chain

import "strings"

// Controller returns cert-manager's controller; nil if it was not found.
func (s *Snapshot) Controller() *Controller {
	all := s.Controllers()
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// Controller is a Deployment of cert-manager's controller.
type Controller struct {
	*Workload
	*Container
}

// Controllers are all that were found: two of them work against each other.
func (s *Snapshot) Controllers() []*Controller { return s.index.controllers }

func (s *Snapshot) controllers() []*Controller {
	var all []*Controller
	for _, w := range s.Workloads {
		if w.Kind != "Deployment" {
			continue
		}
		for i := range w.Containers {
			if isController(w.Containers[i].Image) {
				all = append(all, &Controller{w, &w.Containers[i]})
			}
		}
	}
	return all
}

// isController knows the images: cert-manager-controller, whatever the registry.
func isController(image string) bool {
	name, _ := imageName(image)
	return name == "cert-manager-controller"
}

// Flag returns the value of a flag of the controller; ok says whether it is given.
func (c *Controller) Flag(name string) (value string, ok bool) {
	for i, arg := range c.Args {
		given, found := strings.CutPrefix(strings.TrimLeft(arg, "-"), name)
		switch {
		case !found || !strings.HasPrefix(arg, "-"):
		case strings.HasPrefix(given, "="):
			value, ok = given[1:], true
		case given == "" && i+1 < len(c.Args) && !strings.HasPrefix(c.Args[i+1], "-"):
			value, ok = c.Args[i+1], true
		case given == "":
			value, ok = "true", true
		}
	}
	return value, ok
}

// Version returns major and minor of the controller's version by the tag of its image;
// ok says whether it tells.
func (c *Controller) Version() (major, minor int, ok bool) { return imageVersion(c.Image) }

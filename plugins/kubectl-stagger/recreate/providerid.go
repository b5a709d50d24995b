package recreate

import (
	"fmt"
	"regexp"
	"strings"
)

// gcePrefix begins the provider IDs of Compute Engine.
const gcePrefix = "gce://"

// The names become parts of URLs and arguments of gcloud, so that nothing but the
// letters that Compute Engine itself allows may get through. A project may be in a
// domain: example.com:name.
var (
	projectID = regexp.MustCompile(`^[a-z0-9][a-z0-9.:-]{0,127}$`)
	placeName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,127}$`)
)

// vmRef names a VM. A VM that is made anew has the same.
type vmRef struct {
	project, zone, name string
}

// scope is what the VM is in, as in the API's paths.
func (r vmRef) scope() string { return "projects/" + r.project + "/zones/" + r.zone }

// path is the VM in the API's paths.
func (r vmRef) path() string { return r.scope() + "/instances/" + r.name }

// parseProviderID reads spec.providerID of a node: gce://PROJECT/ZONE/NAME.
func parseProviderID(id string) (vmRef, error) {
	rest, ok := strings.CutPrefix(id, gcePrefix)
	if !ok {
		if id == "" {
			return vmRef{}, fmt.Errorf("it has no spec.providerID, so that its machine is not known; the cloud controller sets gce://PROJECT/ZONE/NAME")
		}
		return vmRef{}, fmt.Errorf("its spec.providerID %s is not of Compute Engine: gce://PROJECT/ZONE/NAME is wanted", quoted(id))
	}
	parts := strings.Split(rest, "/")
	if len(parts) != 3 || !projectID.MatchString(parts[0]) || !placeName.MatchString(parts[1]) || !placeName.MatchString(parts[2]) {
		return vmRef{}, fmt.Errorf("its spec.providerID %s is malformed: gce://PROJECT/ZONE/NAME is wanted", quoted(id))
	}
	return vmRef{parts[0], parts[1], parts[2]}, nil
}

// groupRef names a managed instance group.
type groupRef struct {
	project string
	place   string // zones/ZONE or regions/REGION
	name    string
}

// scope is what the group is in, as in the API's paths.
func (r groupRef) scope() string { return "projects/" + r.project + "/" + r.place }

// path is the group in the API's paths.
func (r groupRef) path() string { return r.scope() + "/instanceGroupManagers/" + r.name }

// parseGroup reads projects/PROJECT/zones/ZONE/instanceGroupManagers/NAME, or the
// same with regions/REGION; false: it is something else.
func parseGroup(path string) (groupRef, bool) {
	parts := strings.Split(path, "/")
	if len(parts) != 6 || parts[0] != "projects" || (parts[2] != "zones" && parts[2] != "regions") || parts[4] != "instanceGroupManagers" {
		return groupRef{}, false
	}
	if !projectID.MatchString(parts[1]) || !placeName.MatchString(parts[3]) || !placeName.MatchString(parts[5]) {
		return groupRef{}, false
	}
	return groupRef{project: parts[1], place: parts[2] + "/" + parts[3], name: parts[5]}, true
}

package recreate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// NewGcloud makes a Recreator that runs gcloud, with its account and configuration.
// path is the program; empty is gcloud of the PATH. assumeRepair is as in GCEOptions.
func NewGcloud(path string, assumeRepair bool) *Google {
	if path == "" {
		path = "gcloud"
	}
	return &Google{name: "gcloud", api: &gcloud{path}, assumeRepair: assumeRepair, parallel: 3}
}

// gcloud asks Compute Engine by running gcloud.
type gcloud struct{ path string }

const vmFields = "name,id,status,creationTimestamp,lastStartTimestamp,scheduling.preemptible,scheduling.provisioningModel"

func (g *gcloud) instance(ctx context.Context, vm vmRef) (instance, error) {
	var found instance
	err := g.run(ctx, &found, vmFields+",metadata.items", "compute", "instances", "describe", vm.name, "--zone="+vm.zone, "--project="+vm.project)
	return found, err
}

func (g *gcloud) instances(ctx context.Context, project, zone string, do func(instance)) error {
	var found []instance
	err := g.run(ctx, &found, vmFields, "compute", "instances", "list", "--zones="+zone, "--project="+project)
	for _, in := range found {
		do(in)
	}
	return err
}

func (g *gcloud) group(ctx context.Context, group groupRef) (instanceGroup, error) {
	var found instanceGroup
	err := g.run(ctx, &found, "instanceLifecyclePolicy", g.inGroup("describe", group)...)
	return found, err
}

// recreate waits until the group has taken note, so that there is no operation to ask
// about.
func (g *gcloud) recreate(ctx context.Context, group groupRef, vm vmRef) (Operation, error) {
	var told []struct{ Status string }
	err := g.run(ctx, &told, "", append(g.inGroup("recreate-instances", group), "--instances="+vm.name)...)
	if err != nil {
		return Operation{}, err
	}
	for _, of := range told {
		if of.Status != "" && of.Status != "SUCCESS" {
			return Operation{}, newError(0, of.Status, fmt.Sprintf("gcloud could not have VM %s made anew by group %s", vm.name, group.name))
		}
	}
	return Operation{}, nil
}

func (g *gcloud) remove(ctx context.Context, vm vmRef) (Operation, error) {
	return Operation{}, g.run(ctx, nil, "", "compute", "instances", "delete", vm.name, "--zone="+vm.zone, "--project="+vm.project)
}

func (g *gcloud) operation(ctx context.Context, op Operation) (operation, error) {
	var found operation
	project, place, _ := strings.Cut(strings.TrimPrefix(op.Scope, "projects/"), "/")
	err := g.run(ctx, &found, "", "compute", "operations", "describe", op.Name, placeFlag(place), "--project="+project)
	return found, err
}

func (g *gcloud) managed(ctx context.Context, group groupRef, do func(managedInstance)) error {
	var found []managedInstance
	err := g.run(ctx, &found, "instance,currentAction,lastAttempt.errors", g.inGroup("list-instances", group)...)
	for _, m := range found {
		do(m)
	}
	return err
}

func (g *gcloud) inGroup(verb string, group groupRef) []string {
	return []string{"compute", "instance-groups", "managed", verb, group.name, placeFlag(group.place), "--project=" + group.project}
}

// placeFlag makes zones/ZONE a flag --zone=ZONE, and regions/REGION --region=REGION.
func placeFlag(place string) string {
	kind, name, _ := strings.Cut(place, "/")
	return "--" + strings.TrimSuffix(kind, "s") + "=" + name
}

// run runs gcloud and decodes what it prints; fields are those that it shall print,
// "" is all.
func (g *gcloud) run(ctx context.Context, out any, fields string, args ...string) error {
	format := "json"
	if fields != "" {
		format = "json(" + fields + ")"
	}
	var stdout strings.Builder
	var stderr tail
	cmd := groupCommand(ctx, g.path, append(args, "--format="+format, "--quiet", "--verbosity=error")...)
	cmd.Env = append(os.Environ(), "CLOUDSDK_CORE_DISABLE_PROMPTS=1")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	call := strings.Join(args[:min(4, len(args))], " ")
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", g.path, call, gcloudError(ctx, err, &stderr))
	}
	if out == nil || strings.TrimSpace(stdout.String()) == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(stdout.String()), out); err != nil {
		return fmt.Errorf("%s %s: it printed no such JSON as was asked for: %w", g.path, call, err)
	}
	return nil
}

// What gcloud says of answers of the API, by which their HTTP status is known again.
var (
	gcloudStatus   = regexp.MustCompile(`(?:HTTPError |code[=:] ?)([45]\d\d)`)
	gcloudNotFound = regexp.MustCompile(`The resource '[^']*' was not found`)
	gcloudLogin    = regexp.MustCompile(`gcloud auth login|do not currently have an active account`)
)

func gcloudError(ctx context.Context, err error, stderr *tail) error {
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%w; install the Google Cloud CLI, or let the API be asked directly", err)
	}
	text := stderr.String()
	if ctx.Err() != nil || text == "" {
		return ended(ctx, err, stderr)
	}
	switch {
	case requiredPermission.MatchString(text):
		return newError(http.StatusForbidden, "", text)
	case gcloudNotFound.MatchString(text):
		return newError(http.StatusNotFound, "", text)
	}
	if m := gcloudStatus.FindStringSubmatch(text); m != nil {
		status, _ := strconv.Atoi(m[1]) // three digits
		return newError(status, "", text)
	}
	answer := newError(0, "", text)
	if gcloudLogin.MatchString(text) {
		answer.Advice = "log in: gcloud auth login"
	}
	return answer
}

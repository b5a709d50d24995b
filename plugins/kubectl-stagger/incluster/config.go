// Package incluster makes the objects with which a cluster spreads a pool by itself: a
// CronJob, its service account, and the least rights that it can work with.
package incluster

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"
)

// Via is who makes machines anew; the rights that a run needs depend on it.
type Via string

// The values of Via, as in --via.
const (
	ViaAPI        Via = "api"
	ViaGcloud     Via = "gcloud"
	ViaKarpenter  Via = "karpenter"
	ViaClusterAPI Via = "capi"
	ViaExec       Via = "exec" // a command of the user's
)

// google reports whether runs ask Google's cloud.
func (v Via) google() bool { return v == ViaAPI || v == ViaGcloud }

// Config says what the objects are for.
type Config struct {
	// Name is that of all objects, Namespace that of the job.
	Name, Namespace string
	// Pool is the name of the pool that is spread, the value of one of the labels with
	// the keys PoolLabels. The job does not run on nodes that have it.
	Pool       string
	PoolLabels []string
	// Image has kubectl-stagger on its PATH.
	Image string
	// Every is the time from one run to the next. A run does, at its time, each
	// replacement that becomes due in it.
	Every time.Duration
	// Slack is how long a run may take beyond Every: for the last drain that it begins,
	// and the machine that follows. It has to be more than 0.
	Slack time.Duration
	// GSA is the email address of the Google service account that the job acts as by
	// Workload Identity; empty for none of its own.
	GSA string
	Via Via
	// DisableEviction and AssumeRepair are whether these flags are in Args.
	DisableEviction, AssumeRepair bool
	// LeaseNamespace and LeaseName are those of the lease that runs take.
	LeaseNamespace, LeaseName string
	// Args are further arguments of kubectl-stagger nodepool.
	Args []string
}

// maxName is how long a CronJob's name may be: its Jobs' names have 11 more.
const maxName = 52

// validate finds all that is wrong, and names the flags that change it.
func (c Config) validate() error {
	var wrong []error
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	for _, v := range []struct {
		what string
		bad  []string
	}{
		{fmt.Sprintf("the name %q (--name)", c.Name), validation.IsDNS1123Subdomain(c.Name)},
		{fmt.Sprintf("the namespace %q (--namespace)", c.Namespace), validation.IsDNS1123Label(c.Namespace)},
		{fmt.Sprintf("the lease's namespace %q (--lease-namespace)", c.LeaseNamespace), validation.IsDNS1123Label(c.LeaseNamespace)},
		{fmt.Sprintf("the pool's name %q", c.Pool), validation.IsValidLabelValue(c.Pool)},
	} {
		if len(v.bad) > 0 {
			complain("%s: %s", v.what, v.bad[0])
		}
	}
	for _, label := range c.PoolLabels {
		if bad := validation.IsQualifiedName(label); len(bad) > 0 {
			complain("the pool's label %q (--pool-label): %s", label, bad[0])
		}
	}
	if len(c.Name) > maxName {
		complain("the name %q (--name): a CronJob's has at most %d characters, not %d", c.Name, maxName, len(c.Name))
	}
	if c.Pool == "" {
		complain("which pool?")
	}
	if !slices.Contains([]Via{ViaAPI, ViaGcloud, ViaKarpenter, ViaClusterAPI, ViaExec}, c.Via) {
		complain("it is not known who makes machines anew: %q", c.Via)
	}
	if c.Slack <= 0 {
		complain("a run has to have time for the last drain that it begins, more than %v", c.Slack)
	}
	if err := checkImage(c.Image); err != nil {
		wrong = append(wrong, err)
	}
	if _, err := schedule(c.Every); err != nil {
		wrong = append(wrong, err)
	}
	if err := checkEmail(c.GSA); err != nil {
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

func checkImage(image string) error {
	switch {
	case image == "":
		return errors.New("--image is needed: a container image that has kubectl-stagger on its PATH, as in --image REGISTRY/stagger:TAG")
	case strings.ContainsFunc(image, func(r rune) bool { return r <= ' ' || r > '~' }):
		return fmt.Errorf("--image %q: an image has no blanks and no characters but those of ASCII", image)
	}
	return nil
}

// checkEmail wants letters that mean nothing to a shell.
func checkEmail(email string) error {
	if email == "" {
		return nil
	}
	name, domain, _ := strings.Cut(email, "@")
	odd := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' }
	if name == "" || name[0] == '-' || !strings.HasSuffix(domain, ".gserviceaccount.com") || strings.ContainsFunc(name+domain, odd) {
		return fmt.Errorf("--gsa %q: a Google service account's email address is like NAME@PROJECT.iam.gserviceaccount.com", email)
	}
	return nil
}

package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/kubechores/kubechores/pkg/cli"
	"github.com/kubechores/kubechores/pkg/kube"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/pool"
	"github.com/kubechores/kubechores/plugins/kubectl-stagger/recreate"
)

// The values of --via; exec= is followed by a command line.
const (
	viaAuto       = "auto"
	viaAPI        = "api"
	viaGcloud     = "gcloud"
	viaKarpenter  = "karpenter"
	viaClusterAPI = "capi"
	viaExec       = "exec="
)

func vias() []string {
	return []string{viaAuto, viaAPI, viaGcloud, viaKarpenter, viaClusterAPI, viaExec}
}

// machineFlags say who knows of the machines, and has them made anew.
type machineFlags struct {
	cloudFlags
	assumeRepair bool
	patience     time.Duration
}

// cloudFlags say who knows of the machines.
type cloudFlags struct {
	via      string
	endpoint string
}

func (f *cloudFlags) bind(fs *pflag.FlagSet, usage string) {
	fs.StringVar(&f.via, "via", viaAuto, usage)
	fs.StringVar(&f.endpoint, "gce-endpoint", "", "Base URL of the Compute Engine API, as in https://HOST/compute/v1; with http:// no credentials are sent")
}

func (f *machineFlags) bind(fs *pflag.FlagSet) {
	f.cloudFlags.bind(fs, "Who makes machines anew: api (Compute Engine), gcloud, karpenter, capi (Cluster API), or exec=COMMAND, which gets STAGGER_NODE and STAGGER_PROVIDER_ID; auto is what the nodes tell")
	fs.BoolVar(&f.assumeRepair, "assume-repair", false, "Delete machines that belong to no instance group, too: something else makes them anew")
	fs.DurationVar(&f.patience, "replacement-timeout", 15*time.Minute, "How long another machine may take until it is a Ready node")
}

func (f *cloudFlags) validate() error {
	if f.via == viaExec {
		return errors.New("--via exec= needs a command line")
	}
	if !slices.Contains(vias(), f.via) && !strings.HasPrefix(f.via, viaExec) {
		return fmt.Errorf("--via %q: must be %s, or exec=COMMAND", f.via, strings.Join(vias()[:5], ", "))
	}
	return nil
}

func (f *machineFlags) validate() error {
	if f.patience <= 0 {
		return errors.New("--replacement-timeout must be more than 0")
	}
	return f.cloudFlags.validate()
}

// google is the client of Compute Engine; nil where it is another cloud that counts.
func (f *cloudFlags) google(assumeRepair bool) (*recreate.Google, error) {
	switch {
	case f.via == viaGcloud:
		return recreate.NewGcloud("", assumeRepair), nil
	case f.via != viaAuto && f.via != viaAPI:
		return nil, nil
	}
	google, err := recreate.NewGCE(recreate.GCEOptions{
		Endpoint: f.endpoint, Anonymous: strings.HasPrefix(f.endpoint, "http://"), AssumeRepair: assumeRepair,
		UserAgent: kube.UserAgent("kubectl-stagger", cli.Version()),
	})
	if err != nil {
		return nil, fmt.Errorf("--gce-endpoint: %w", err)
	}
	return google, nil
}

// cloud is who can be asked about machines, nil for nobody.
func (f *cloudFlags) cloud() (pool.Cloud, error) {
	google, err := f.google(false)
	if google == nil || err != nil {
		return nil, err
	}
	return google, nil
}

// machines are who knows of a pool's machines, and who makes them anew.
type machines struct {
	via       string     // one of the values of --via, but for viaAuto; "exec" without its command
	cloud     pool.Cloud // nil where nobody can be asked
	recreator recreate.Recreator
	// keepNode is whether the platform deletes the Node object itself.
	keepNode bool
	// renames is whether a successor may have another name.
	renames bool
}

// recreatorFor finds who makes the machines of these nodes anew.
func (f *machineFlags) recreatorFor(c *kube.Cluster, s *pool.Snapshot) (*machines, error) {
	via := f.via
	if via == viaAuto {
		switch recreate.Detect(s.Nodes) {
		case recreate.KindGCE:
			via = viaAPI
		case recreate.KindKarpenter:
			via = viaKarpenter
		case recreate.KindClusterAPI:
			via = viaClusterAPI
		default:
			return nil, fmt.Errorf("it is not known who makes the machines of %q anew: their nodes' provider IDs are like %q, which is none of Compute Engine, and they are neither Karpenter's nor Cluster API's; say it with --via, for other clouds with --via exec=COMMAND",
				s.Name, s.Nodes[0].Machine.ProviderID)
		}
	}
	switch via {
	case viaKarpenter:
		return &machines{via: via, recreator: recreate.NewKarpenter(c), keepNode: true, renames: true}, nil
	case viaClusterAPI:
		return &machines{via: via, recreator: recreate.NewClusterAPI(c), keepNode: true, renames: true}, nil
	case viaAPI, viaGcloud:
		google, err := f.google(f.assumeRepair)
		if err != nil {
			return nil, err
		}
		return &machines{via: via, recreator: google, cloud: google, renames: f.assumeRepair}, nil
	}
	return &machines{via: strings.TrimSuffix(viaExec, "="), recreator: recreate.NewCommand(strings.TrimPrefix(via, viaExec)), renames: true}, nil
}

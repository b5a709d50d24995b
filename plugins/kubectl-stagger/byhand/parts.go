package byhand

import (
	_ "embed"
	"fmt"

	"github.com/kubechores/kubechores/pkg/script"
)

var (
	//go:embed functions.sh
	common string
	//go:embed step.sh
	stepping string
	//go:embed remove.sh
	removing string
	//go:embed google.sh
	google string
	//go:embed karpenter.sh
	karpenter string
	//go:embed clusterapi.sh
	clusterAPI string
	//go:embed command.sh
	command string
)

// settings are the variables that differ between plans.
func (p Plan) settings(s *script.Script) {
	s.Lines(
		array("kubectl", append([]string{"kubectl"}, p.KubectlArgs...)...),
		array("drain_flags", p.Drain...),
		fmt.Sprintf("patience=%d # seconds until another machine is Ready", int64(p.patience().Seconds())),
		fmt.Sprintf("latest=${STAGGER_LATEST:-%d}", int64(p.latest().Seconds())),
		"notes=${STAGGER_NOTES:-${BASH_SOURCE[0]:-stagger}.notes}",
		"case ${DRY_RUN:-0} in",
		"  0 | no | false) dry='' ;;",
		"  *) dry=1 ;;",
		"esac",
	)
	switch {
	case p.google():
		s.Lines("assume_repair=" + map[bool]string{true: "1", false: "''"}[p.AssumeRepair])
	case p.Via == ViaExec:
		s.Lines("line=" + script.Quote(p.Command))
	}
	if p.newNames() {
		s.Lines("selector=" + script.Quote(p.Selector))
	}
}

// newNames reports whether the next machine may have another name.
func (p Plan) newNames() bool {
	return p.Via == ViaClusterAPI || (p.Via == ViaExec && p.Selector != "")
}

// keepNode reports whether the platform deletes the Node object itself.
func (p Plan) keepNode() bool { return p.Via == ViaKarpenter || p.Via == ViaClusterAPI }

func (p Plan) functions(s *script.Script) {
	s.Lines(common)
	s.Paragraph()
	if p.google() {
		s.Lines("need kubectl gcloud")
	} else {
		s.Lines("need kubectl")
	}
	s.Paragraph()
	switch p.Via {
	case ViaAPI, ViaGcloud:
		s.Lines(google)
	case ViaKarpenter:
		s.Lines(karpenter)
	case ViaClusterAPI:
		s.Lines(clusterAPI)
	case ViaExec:
		s.Lines(command)
	}
	s.Paragraph()
	if p.keepNode() {
		s.Comment("The Node object is deleted by those who delete the machine.")
		s.Lines("remove() { :; }")
	} else {
		s.Lines(removing)
	}
	s.Paragraph()
	p.came(s)
	s.Paragraph()
	s.Lines(stepping)
}

// came adds the function that looks whether the next machine is there.
func (p Plan) came(s *script.Script) {
	switch {
	case p.Via == ViaKarpenter:
		s.Comment("came tells whether the old node is gone: Karpenter makes another only where pods need it.")
	case p.newNames():
		s.Comment("came tells whether another machine is Ready, under the old name or a new one.")
	default:
		s.Comment("came tells whether another machine is Ready; it has the old name.")
	}
	if p.newNames() {
		s.Lines("came() {", "  local nodes created is_ready deleted")
	} else {
		s.Lines("came() {")
	}
	s.Lines(
		"  look || return 1",
		`  if [ "$now_uid" ] && another "$uid" "$boot"; then`,
		`    [ "$ready" = True ]`,
		"    return",
		"  fi")
	switch {
	case p.Via == ViaKarpenter:
		s.Lines(`  [ -z "$now_uid" ]`)
	case p.newNames():
		s.Lines(
			`  nodes=$("${kubectl[@]}" get nodes -l "$selector" -o jsonpath='{range .items[*]}{.metadata.creationTimestamp}|{.status.conditions[?(@.type=="Ready")].status}|{.metadata.deletionTimestamp}{"\n"}{end}') || return 1`,
			`  while IFS='|' read -r created is_ready deleted; do`,
			`    if [[ $created > $began && $is_ready = True && -z $deleted ]]; then return 0; fi`,
			`  done <<<"$nodes"`,
			"  return 1")
	default:
		s.Lines("  return 1")
	}
	s.Lines("}")
}

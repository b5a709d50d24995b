package byhand

import (
	"strings"

	"github.com/kubechores/kubechores/pkg/script"
)

// sources adds the functions that read one target. Their arguments are a line of
// the table of targets.
func (p Plan) sources(s *script.Script) {
	args, at, name := []string{"NAMESPACE", "POD", "CONTAINER"}, `--namespace "$1"`, "$2 $3"
	if p.several(Target.namespace) {
		name = "$1 $2 $3"
	}
	container := 3
	if p.contexts() {
		args, at, name, container = append([]string{"CONTEXT"}, args...), `${1:+--context "$1"} --namespace "$2"`, "$3 $4", 4
		if p.several(Target.namespace) {
			name = "$2 $3 $4"
		}
		if p.several(Target.context) {
			name = "$1 $2 $3 $4"
		}
	}
	pod := "\"$" + digit(container-1) + "\" -c \"$" + digit(container) + `"`
	if p.any(Target.isLog) {
		flags := ""
		if p.Tail >= 0 || p.Since > 0 || p.Follow {
			flags = ` "${log_flags[@]}"`
		}
		s.Comment("own_log " + strings.Join(args, " ") + " joins what a container says.")
		s.Lines(
			"own_log() {",
			`  join "`+name+`" sh -c "$lifeline" mlogs \`,
			`    "${kubectl[@]}" `+at+` logs `+pod+flags,
			"}")
	}
	if p.any(Target.isFile) {
		if p.any(Target.isLog) {
			s.Paragraph()
		}
		file := "$" + digit(container+1)
		s.Comment("file " + strings.Join(args, " ") + " PATH joins a file in a container, which needs sh and tail.")
		s.Lines(
			"file() {",
			`  join "`+name+` ${`+file[1:]+`##*/}" "${kubectl[@]}" `+at+` exec -i `+pod+` -- \`,
			`    sh -c "$lifeline" mlogs tail "${tail_flags[@]}" -- "`+file+`"`,
			"}")
	}
}

// contexts reports whether targets name contexts.
func (p Plan) contexts() bool {
	return p.any(func(t Target) bool { return t.Context != "" })
}

func digit(n int) string { return string(rune('0' + n)) }

// line is a target's line.
func (p Plan) line(t Target) string {
	args := []string{t.Namespace, t.Pod, t.Container}
	if p.contexts() {
		args = append([]string{t.Context}, args...)
	}
	if t.File == "" {
		return script.Command(append([]string{"own_log"}, args...)...)
	}
	return script.Command(append(append([]string{"file"}, args...), t.File)...)
}

// pipe adds what makes the pipe, and takes it away.
func (p Plan) pipe(s *script.Script) {
	s.Comment("Nobody but you may read or write the pipe.")
	s.Lines("umask 077", `dir=$(mktemp -d "${TMPDIR:-/tmp}/mlogs.XXXXXX")`, "reader='' napping=''")
	if p.FIFO == "" {
		s.Lines("pipe=$dir/lines")
	} else {
		s.Lines("pipe=" + script.Quote(p.FIFO))
	}
	s.Paragraph()
	s.Comment("To close 9 ends the streams, and with them what runs in the containers.")
	cleanup := []string{
		"exec 9>&- 8>&-",
		`if [ "$napping" ]; then kill "$napping" || true; fi`,
		`settle ${streams[@]+"${streams[@]}"}`,
		"exec 7>&-",
		`settle ${reader:+"$reader"}`,
	}
	if p.FIFO != "" {
		cleanup = append(cleanup, `if [ "$made" ]; then rm -f -- "$pipe"; fi`)
		s.Lines("made=''")
	}
	s.Cleanup(append(cleanup, `rm -rf -- "$dir"`)...)
	s.Paragraph()
	s.Lines(`mkfifo -m 600 -- "$pipe" "$dir/life"`)
	if p.FIFO != "" {
		s.Lines("made=1")
	}
	s.Comment("9 is the lifeline: all streams have its other end as stdin, so that they end with this shell, even after SIGKILL.")
	s.Lines(`exec 9<>"$dir/life"`)
	switch {
	case p.Only && !p.Follow:
		s.Comment("7 is the writers' end of the pipe. This waits for a reader.")
		s.Lines(`exec 7>"$pipe"`)
	case p.Only:
		s.Comment("7 is the writers' end of the pipe, 8 both: with it readers may come and go.")
		s.Lines(`exec 8<>"$pipe"`, `exec 7>"$pipe"`)
		s.Lines(`echo "cat $pipe shows the lines" >&2`)
	default:
		s.Comment("7 is the writers' end of the pipe, 6 the reader's. 8 is both, with which opening them does not block.")
		s.Lines(`exec 8<>"$pipe"`, `exec 7>"$pipe"`, `exec 6<"$pipe" 8>&-`,
			`(exec <&6 6<&- 7>&- 9>&- && show fifo) &`, "reader=$!", "exec 6<&-")
	}
}

func (p Plan) introduction() string {
	if p.contexts() {
		return "What is read: context, namespace, pod, container."
	}
	return "What is read: namespace, pod, container."
}

// end adds the waiting.
func (p Plan) end(s *script.Script) {
	s.Comment("Until all streams have ended" + map[bool]string{false: ", or whoever reads our output has had enough"}[p.Only] + ".")
	s.Lines(`while any_runs "${streams[@]}"; do`)
	if !p.Only {
		s.Lines(`  if ! any_runs "$reader"; then exit 0; fi`)
	}
	s.Lines("  sleep 0.5 7>&- 8>&- 9>&- &", "  napping=$!", `  wait "$napping"`, "  napping=''", "done",
		"failed=0",
		`for pid in "${streams[@]}"; do`,
		`  wait "$pid" || failed=1`,
		"done")
	if !p.Only {
		s.Lines("exec 7>&-", `wait "$reader" || true`)
	}
	s.Lines(`[ "$failed" -eq 0 ]`)
}

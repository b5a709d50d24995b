# shellcheck shell=bash disable=SC2154
# object shows what an object says of itself, and its warnings, the newest last.
object() { # RESOURCE NAMESPACE NAME [ready]; an empty namespace for what is in none
  title "$1 ${2:+$2/}$3"
  local at=() said uid state ready
  if [ "$2" ]; then at=("--namespace=$2"); fi
  if ! said=$("${kubectl[@]}" get ${at[@]+"${at[@]}"} -o 'go-template={{.metadata.uid}}|{{with .status.state}}{{.}}{{end}}|{{range .status.conditions}}{{if eq .type "Ready"}}{{.status}}{{end}}{{end}}
{{range .status.conditions}}   {{.type}}={{.status}}{{with .reason}} {{.}}{{end}}{{with .message}} {{printf "%q" .}}{{end}}
{{end}}{{with .status.state}}   state {{.}}
{{end}}{{with .status.reason}}   reason {{printf "%q" .}}
{{end}}' -- "$1" "$3" 2>"$tmp/why"); then
    wrong "it cannot be read: $(why)"
    return 0
  fi
  IFS='|' read -r uid state ready <<<"$said"
  printf '%s\n' "$said" | sed 1d | plain
  if ! "${kubectl[@]}" get events --namespace="${2:-default}" --field-selector="involvedObject.uid=$uid,type=Warning" -o 'go-template={{range .items}}{{or .lastTimestamp .eventTime .metadata.creationTimestamp}} {{.reason}}{{with .message}} {{printf "%q" .}}{{end}}
{{end}}' 2>"$tmp/why" | LC_ALL=C sort | sed 's/^/   event /' | plain; then
    unsure "its events cannot be read: $(why)"
  fi
  case $state in invalid | errored | expired) wrong "it is $state" ;; esac
  case ${4:-}/$ready in
    ready/True) good "Ready" ;;
    ready/*) wrong "not Ready" ;;
  esac
}

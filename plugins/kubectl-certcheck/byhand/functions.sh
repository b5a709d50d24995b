# shellcheck shell=bash disable=SC2154
# say prints one line, plain passes lines on, without characters that a terminal obeys.
say() {
  printf '%s' "$*" | LC_ALL=C tr '\000-\037\177' ' '
  printf '\n'
}
plain() { LC_ALL=C tr -d '\000-\011\013-\037\177'; }

door() {
  printf '\n'
  say "==== $*"
}
title() {
  printf '\n'
  say "== $*"
}
good() { say "   ok      $*"; }
unsure() { say "   ?       $*"; }
bad=0
wrong() {
  say "   NOT OK  $*"
  bad=$((bad + 1))
}

# need PROGRAM... fails where one is missing.
need() {
  local program
  for program in "$@"; do
    if ! command -v "$program" >/dev/null; then
      echo "error: $program is not on the PATH" >&2
      exit 1
    fi
  done
}

# why is what the last program that failed has said.
why() { cat "$tmp/why"; }

# value prints one key of a Secret, decoded; nothing for a key that no Secret can have.
# It is for pipes only: what is in it must not get into a variable, an argument or a file.
value() { # NAMESPACE SECRET KEY
  case $3 in '' | *[!-._A-Za-z0-9]*) return 0 ;; esac
  "${kubectl[@]}" get --namespace="$1" -o "go-template={{with .data}}{{with index . \"$3\"}}{{base64decode .}}{{end}}{{end}}" -- secret "$2"
}

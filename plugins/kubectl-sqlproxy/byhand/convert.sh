# shellcheck shell=bash disable=SC2154
fail() {
  echo "error: $*" >&2
  exit 1
}

# keep saves a workload as it is, if it is there.
keep() {
  local file
  file="before-${1//[\/.]/-}.yaml"
  if "${kubectl[@]}" get "$1" --namespace "$namespace" -o name >/dev/null 2>&1; then
    [ ! -e "$file" ] || fail "$file is there already: move it away, it may be what there was before"
    "${kubectl[@]}" get "$1" --namespace "$namespace" -o yaml >"$file"
    echo "$1 as it is now is kept in $file" >&2
  fi
}

# put makes the object that a function prints, or has it take the place of the one that
# is there: an apply would leave fields of the old one, as the command of version 1.
put() {
  if "$1" | "${kubectl[@]}" get --namespace "$namespace" -f - >/dev/null 2>&1; then
    "$1" | "${kubectl[@]}" replace --namespace "$namespace" -f -
  else
    "$1" | "${kubectl[@]}" create --namespace "$namespace" -f -
  fi
}

# rolled waits until a workload runs as it is to.
rolled() {
  "${kubectl[@]}" rollout status "$1" --namespace "$namespace" --timeout "$timeout" ||
    fail "$1 does not come up; kubectl describe $1 says more, and what there was before is in the files before-*.yaml"
}

ask() {
  if [ "${YES:-}" ]; then return 0; fi
  local answer=''
  read -r -p "$1 [y/N] " answer </dev/tty || fail "there is no terminal to ask at; YES=1 does not ask"
  case "$answer" in
  [yY] | [yY][eE][sS]) ;;
  *) fail "nothing is changed" ;;
  esac
}

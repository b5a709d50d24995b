# shellcheck shell=bash disable=SC2154
say() { printf '%s\n' "$*" >&2; }

fail() {
  say "error: $*"
  exit 1
}

# there KIND NAME fails where an object does not exist.
there() {
  local found
  found=$("${kubectl[@]}" get "$1" "$2" --namespace "$namespace" --ignore-not-found -o name) || fail "whether there is $1/$2 could not be looked at"
  if [ -z "$found" ]; then fail "there is no $1/$2 in namespace $namespace"; fi
}

# apply FUNCTION applies the objects that a function prints.
apply() {
  "$1" | "${kubectl[@]}" apply --server-side --field-manager kubectl-sqlproxy "${flags[@]}" --namespace "$namespace" -f -
}

# show shows what would change. kubectl diff ends with 1 where something would.
show() {
  local status=0
  { objects; deployment; } | "${kubectl[@]}" diff --server-side --field-manager kubectl-sqlproxy "${flags[@]}" --namespace "$namespace" -f - || status=$?
  if [ "$status" -gt 1 ]; then fail "what would change cannot be shown, and nothing was changed"; fi
}

# ask asks on the terminal, unless YES=1.
ask() {
  local answer=''
  if [ "${YES:-}" ]; then return 0; fi
  if ! { exec 3</dev/tty; } 2>/dev/null; then fail "not confirmed: there is no terminal to ask on; look at what would be done (DRY_RUN=1), then give YES=1"; fi
  printf '%s [y/N] ' "$1" >&2
  read -r answer <&3 || true
  exec 3<&-
  case $answer in
    y | Y | yes | Yes) ;;
    *) fail "not confirmed: nothing was changed" ;;
  esac
}

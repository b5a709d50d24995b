say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*" >&2; }

fail() {
  say "error: $*"
  exit 1
}

# need PROGRAM... fails where one is missing.
need() {
  local program
  for program in "$@"; do
    command -v "$program" >/dev/null || fail "$program is not on the PATH"
  done
}

# attend COMMAND... runs a command that ends with this script, even if only the
# script gets the signal.
child=''
attend() {
  local status=0
  "$@" &
  child=$!
  wait "$child" || status=$?
  child=''
  return "$status"
}

# run COMMAND... runs a command that changes something, or says that it would.
run() {
  if [ "$dry" ]; then
    printf 'would run:'
    printf ' %q' "$@"
    echo
  else
    attend "$@"
  fi
}

# wait_until SECONDS waits for a time, as seconds since 1970: in parts, since a
# machine may sleep.
wait_until() {
  local left
  left=$(($1 - $(date +%s)))
  if [ "$left" -gt 0 ]; then say "node/$node: $reason, its turn is at $when"; fi
  while [ -z "$dry" ] && [ "$left" -gt 0 ]; do
    attend sleep "$((left < 60 ? left : 60))"
    left=$(($1 - $(date +%s)))
  done
}

# note WORD writes down how far the step has come; recall reads it. This is how a
# script that was ended goes on.
note() {
  if [ -z "$dry" ]; then
    printf '%s|%s|%s|%s|%s|%s|%s\n' "$1" "$node" "$at" "$uid" "$boot" "$began" "$mine" >>"$notes"
  fi
}

recall() {
  local word name time its_uid its_boot its_began its_mine
  state=''
  if [ ! -f "$notes" ]; then return 0; fi
  while IFS='|' read -r word name time its_uid its_boot its_began its_mine; do
    if [ "$name|$time" = "$node|$at" ]; then
      state=$word noted_uid=$its_uid noted_boot=$its_boot noted_began=$its_began noted_mine=$its_mine
    fi
  done <"$notes"
}

# look looks at the node; now_uid is empty when there is none.
look() {
  local found
  found=$("${kubectl[@]}" get node "$node" --ignore-not-found -o jsonpath='{.metadata.uid}|{.status.nodeInfo.bootID}|{.metadata.resourceVersion}|{.status.conditions[?(@.type=="Ready")].status}|{.spec.unschedulable}') || return 1
  # shellcheck disable=SC2034 # not every way needs the version
  IFS='|' read -r now_uid now_boot version ready unschedulable <<<"$found"
}

# another UID BOOT_ID tells whether look has found another machine than this one, or
# none.
another() {
  [ "$now_uid" != "$1" ] || { [ "$2" ] && [ "$now_boot" ] && [ "$now_boot" != "$2" ]; }
}

# give_back undoes our cordon.
give_back() {
  if [ -z "$mine" ]; then return 0; fi
  if ! run "${kubectl[@]}" uncordon "$node"; then
    say "error: node/$node stays cordoned: kubectl uncordon $node"
    return 1
  fi
  mine=''
  note back
}

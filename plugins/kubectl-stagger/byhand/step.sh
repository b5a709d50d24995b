# successor waits for another machine that is Ready.
successor() {
  local end
  say "node/$node: waiting for another machine"
  end=$(($(date +%s) + patience))
  until [ "$dry" ] || came; do
    if [ "$(date +%s)" -ge "$end" ]; then
      fail "node/$node: no other machine is Ready after $patience seconds; run this again to go on waiting"
    fi
    attend sleep 5
  done
  # Its Node object may be the old one.
  if [ "$now_uid" ] && [ "$unschedulable" = true ]; then give_back; fi
  note replaced
  mine='' asked=''
  say "node/$node: replaced"
}

# skip REASON leaves the node alone.
skip() {
  say "node/$node: $*: skipped"
  if [ "$now_uid" ] && [ "$unschedulable" = true ]; then give_back; fi
  mine=''
}

# step NODE UID BOOT_ID PROVIDER_ID SECONDS TIME REASON replaces one node at its
# time. A reborn node's machine dies before that, so that it is the next one's turn.
node='' mine='' asked='' left=()
step() {
  # shellcheck disable=SC2034 # not every way needs the provider ID
  node=$1 uid=$2 boot=$3 provider=$4 at=$5 when=$6 reason=$7
  mine='' began=''
  recall
  if [ "$state" = replaced ]; then
    say "node/$node: replaced by an earlier run"
    return 0
  fi
  if [ -z "$state" ]; then wait_until "$at"; fi
  look
  if [ "$state" ]; then
    say "node/$node: going on where an earlier run has ended"
    uid=$noted_uid boot=$noted_boot began=$noted_began mine=$noted_mine
  elif [ "$reason" = reborn ] && [ "$now_uid" ]; then
    uid=$now_uid boot=$now_boot
  fi
  if [ "$state" = asked ] && another "$uid" "$boot"; then
    asked=1
    successor
  elif [ -z "$now_uid" ]; then
    skip "it is gone"
  elif another "$uid" "$boot"; then
    skip "another machine has taken its place already"
  elif [ "$(($(date +%s) - at))" -gt "$latest" ]; then
    left+=("$node")
    skip "its turn was at $when, which is too long ago"
  else
    replace
  fi
}

# replace does what step has found to be due.
replace() {
  find_machine
  began=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  if [ "$unschedulable" != true ]; then mine=1; fi
  note cordoned # before it is, so that it is never unknown whose the cordon is
  if [ "$unschedulable" != true ]; then run "${kubectl[@]}" cordon "$node"; fi
  run "${kubectl[@]}" drain "$node" ${drain_flags[@]+"${drain_flags[@]}"} || fail "node/$node could not be drained"
  look
  asked=1
  note asked
  if ! another "$uid" "$boot"; then
    if ! run "${remake[@]}"; then
      asked=''
      note cordoned
      fail "node/$node: its machine could not be made anew"
    fi
    remove
  fi
  successor
}

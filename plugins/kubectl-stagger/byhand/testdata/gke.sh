#!/usr/bin/env bash
# Replaces 2 nodes of pool preempt, so that a window of 20m loses fewer of them
# at once. No plan could do with fewer than 1.
# One node at a time, at its time, it cordons, drains, has the machine made
# anew, and waits until another is Ready. What fails ends it. Run again, it goes
# on where it ended: it keeps notes in a file beside itself, and leaves alone
# nodes whose machine is another one by now.
# DRY_RUN=1 says what would be done, and does nothing. STAGGER_NOTES is where
# the notes are, STAGGER_LATEST how many seconds after its time a step may still
# begin.
#
# Printed on 24 November 2026 at 09:05 UTC by
#   kubectl stagger nodepool preempt --print-script
#
# shellcheck disable=SC1003,SC1112,SC2016
set -euo pipefail

kubectl=(kubectl)
drain_flags=(--ignore-daemonsets --timeout=15m0s)
patience=900 # seconds until another machine is Ready
latest=${STAGGER_LATEST:-1200}
notes=${STAGGER_NOTES:-${BASH_SOURCE[0]:-stagger}.notes}
case ${DRY_RUN:-0} in
  0 | no | false) dry='' ;;
  *) dry=1 ;;
esac
assume_repair=''

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

need kubectl gcloud

# find_machine finds the group that makes the machine anew, and sets remake to the
# command that asks it to.
find_machine() {
  local project zone instance group kind place name
  IFS=/ read -r _ _ project zone instance <<<"$provider"
  group=$(gcloud compute instances describe "$instance" --project="$project" --zone="$zone" --format='value(metadata.items.created-by)') ||
    fail "node/$node: its machine cannot be looked up"
  # projects/NUMBER/zones/ZONE/instanceGroupManagers/NAME, or regions/REGION
  IFS=/ read -r _ _ kind place _ name <<<"$group"
  case "$kind/$place/$name" in
    zones/?*/[a-z]* | regions/?*/[a-z]*)
      remake=(gcloud compute instance-groups managed recreate-instances "$name" "--instances=$instance" "--${kind%s}=$place" "--project=$project" --quiet)
      ;;
    *)
      if [ -z "$assume_repair" ]; then fail "node/$node: its machine belongs to no instance group, so that nothing would make it anew"; fi
      remake=(gcloud compute instances delete "$instance" "--zone=$zone" "--project=$project" --quiet)
      ;;
  esac
}

# remove deletes the Node object, as long as it is that of the machine that goes: a
# kubelet whose Node is deleted does not come back by itself.
remove() {
  local i
  if [ "$dry" ]; then
    echo "would delete node/$node, if another machine has not taken its place"
    return 0
  fi
  for ((i = 0; i < 20; i++)); do
    look
    if [ -z "$now_uid" ] || another "$uid" "$boot"; then return 0; fi
    if printf '{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{"uid":"%s","resourceVersion":"%s"}}' "$uid" "$version" |
      "${kubectl[@]}" delete --raw "/api/v1/nodes/$node" -f - >/dev/null; then
      say "node/$node deleted"
      return 0
    fi
    attend sleep 1
  done
  fail "node/$node: its Node object cannot be deleted; run this again"
}

# came tells whether another machine is Ready; it has the old name.
came() {
  look || return 1
  if [ "$now_uid" ] && another "$uid" "$boot"; then
    [ "$ready" = True ]
    return
  fi
  return 1
}

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

# Ctrl-C leaves the node as it was found, unless its machine is on its way out
# already.
cleanup() {
  trap '' INT TERM HUP
  if [ "$child" ]; then
    kill "$child" || true
    wait "$child" || true
  fi
  if [ "$asked" ]; then
    say "node/$node: its machine is being replaced; run this again to see that through"
  else
    give_back || true
  fi
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# The plan: node, UID, boot ID, provider ID, when (as seconds since 1970, and
# for people), and why.
step gke-a uid-a boot-a gce://shop/europe-west1-b/gke-a 1795511280 '24 Nov 09:08 UTC' crowded
step gke-b uid-b boot-b gce://shop/europe-west1-b/gke-b 1795511520 '24 Nov 09:12 UTC' reborn

if [ "${#left[@]}" -gt 0 ]; then fail "it was too late for ${left[*]}; print a new plan"; fi
say "the plan is done"

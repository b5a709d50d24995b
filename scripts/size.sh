#!/usr/bin/env bash
# Checks binaries against the budgets of the suite: small and quick to start is a promise.
# usage: size.sh BINARY ...
# Those below dist/build/, which are for any platform, are weighed and not started.
set -euo pipefail

budget=19000000 # bytes, stripped, on every platform
# What `--help` may take, in microseconds, at the best of 20 runs: the best, because what
# other programs do on the machine only adds to it. On a busy machine it adds to the best,
# too, so it fails at five times the budget only, and there at as much more as the program
# `true` takes more than the 2 ms that it may take where nothing else runs. Work that is
# done at the start, as a cluster that is asked, is seen all the same.
startup=8000
patience=5
runs=20
idle=2000

failed=0

# weigh NAME BINARY
weigh() {
  local size verdict=ok
  size=$(wc -c <"$2")
  if ((size > budget)); then
    verdict="over the budget of $budget"
    failed=1
  fi
  printf '%-36s %6d.%d MB  %s\n' "$1" $((size / 1000000)) $((size % 1000000 / 100000)) "$verdict"
}

# best COMMAND [ARG ...] prints the microseconds of the fastest run.
best() {
  local i before took least=
  for ((i = 0; i < runs; i++)); do
    before=${EPOCHREALTIME/[.,]/}
    "$@" >/dev/null || return
    took=$((${EPOCHREALTIME/[.,]/} - before))
    if [[ -z $least ]] || ((took < least)); then least=$took; fi
  done
  printf '%s' "$least"
}

# start NAME BINARY
start() {
  local took limit=$((startup * patience)) noise verdict=ok
  # bash has a clock since its version 5; macOS has version 3.2.
  if [[ -z ${EPOCHREALTIME:-} ]]; then
    printf '%-36s not measured: this bash has no clock\n' "$1 --help"
    return
  fi
  if ! took=$(best "$2" --help); then
    printf '%-36s failed\n' "$1 --help"
    failed=1
    return
  fi
  noise=$(best "$(type -P true)")
  if ((noise > idle)); then limit=$((limit * noise / idle)); fi
  if ((took > limit)); then
    verdict="over $patience times the budget of $((startup / 1000)) ms"
    failed=1
  elif ((took > startup)); then
    verdict="over the budget of $((startup / 1000)) ms; here \`true\` takes $((noise / 1000)).$((noise % 1000 / 100)) ms"
  fi
  printf '%-36s %6d.%d ms  %s\n' "$1 --help" $((took / 1000)) $((took % 1000 / 100)) "$verdict"
}

for binary in "$@"; do
  name=$(basename "$binary")
  case "$binary" in
    *kubectl_complete-*) ;;
    */build/*_*/*) weigh "$(basename "$(dirname "$binary")")/$name" "$binary" ;;
    *)
      weigh "$name" "$binary"
      start "$name" "$binary"
      ;;
  esac
done
exit "$failed"

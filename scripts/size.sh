#!/usr/bin/env bash
# Checks binaries against the budget of the suite: small is a promise.
# usage: size.sh BINARY ...
set -euo pipefail

budget=19000000 # bytes, stripped

failed=0
for binary in "$@"; do
  case "$binary" in *kubectl_complete-*) continue ;; esac
  size=$(wc -c <"$binary")
  verdict=ok
  if ((size > budget)); then
    verdict="over the budget of $budget"
    failed=1
  fi
  printf '%-28s %6d.%d MB  %s\n' "$(basename "$binary")" $((size / 1000000)) $((size % 1000000 / 100000)) "$verdict"
done
exit "$failed"

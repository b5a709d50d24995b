#!/usr/bin/env bash
# Opens port 15432 on 127.0.0.1, which leads to port 5432 of
# deployment/sql-proxy in namespace shop, to the database
# shop-prod:europe-west1:orders. When the pod is gone it goes on with another
# one; connections that were open are lost, and so may be the first one after
# it, by which kubectl notices. Ctrl-C ends it.
#
# Printed on 24 November 2026 at 09:05 UTC by
#   kubectl sqlproxy connect --print-script
#
# shellcheck disable=SC1003,SC1112,SC2016
set -euo pipefail

kubectl=(kubectl '--context=it'\''s')
namespace=shop
target=deployment/sql-proxy
port=5432
local_port=15432

# forward keeps a port-forward open: kubectl's ends with its pod, and with any connection
# that the pod breaks off.
forward() {
  local began child='' pause=1
  # It ends after its kubectl, so that then the port is free.
  trap 'if [ "$child" ]; then kill "$child" 2>/dev/null || true; wait "$child" 2>/dev/null || true; fi; exit 143' TERM
  while true; do
    began=$SECONDS
    "${kubectl[@]}" port-forward --namespace="$namespace" --address=127.0.0.1 -- "$target" "$local_port:$port" </dev/null &
    child=$!
    wait "$child" || true
    if [ $((SECONDS - began)) -gt 30 ]; then pause=1; fi
    echo "the port-forward has ended; the next one is in $pause s" >&2
    sleep "$pause" &
    child=$!
    wait "$child" || true
    if [ "$pause" -lt 8 ]; then pause=$((pause * 2)); fi
  done
}

# stop ends the loop with its kubectl.
stop() {
  if [ "$loop" ]; then
    kill "$loop" 2>/dev/null || true
    wait "$loop" 2>/dev/null || true
  fi
  loop=''
}
loop=''

cleanup() {
  trap '' INT TERM HUP
  stop
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
echo 'PGSSLMODE=disable psql -h 127.0.0.1 -p 15432'
forward >&2 &
loop=$!
wait "$loop"

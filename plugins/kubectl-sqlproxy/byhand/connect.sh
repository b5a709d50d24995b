# shellcheck shell=bash disable=SC2154
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

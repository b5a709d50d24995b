# shellcheck shell=bash disable=SC2154
# served does a handshake with a pod, and compares with the Secret looked at last.
served() { # NAMESPACE POD PORT HOST
  title "what pod $1/$2 serves on port $3${4:+ for $4}"
  local port='' i handshake name=() got want
  if [ "$4" ]; then name=(-servername "$4"); fi
  "${kubectl[@]}" port-forward --namespace="$1" --address=127.0.0.1 -- "pod/$2" ":$3" >"$tmp/forward" 2>"$tmp/why" </dev/null &
  forward=$!
  for ((i = 0; i < 75; i++)); do
    port=$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\) .*/\1/p' "$tmp/forward")
    if [ "$port" ] || ! kill -0 "$forward" 2>/dev/null; then break; fi
    sleep 0.2
  done
  if [ -z "$port" ]; then
    stop
    wrong "no port-forward within 15 seconds: $(why)"
    return 0
  fi
  openssl s_client -connect "127.0.0.1:$port" ${name[@]+"${name[@]}"} </dev/null 2>>"$tmp/why" | certificates >"$tmp/one" &
  handshake=$!
  for ((i = 0; i < 75; i++)); do
    if ! kill -0 "$handshake" 2>/dev/null; then break; fi
    sleep 0.2
  done
  stop # which ends a handshake that hangs, too
  wait "$handshake" || true
  got=$(openssl x509 -noout -fingerprint -sha256 -in "$tmp/one" 2>/dev/null) || true
  want=$(openssl x509 -noout -fingerprint -sha256 -in "$tmp/chain" 2>/dev/null) || true
  if [ -z "$got" ]; then
    wrong "no certificate came within 15 seconds: $(why)"
  elif [ "$got" = "$want" ]; then
    good "the certificate of the Secret"
  else
    if [ "$want" ]; then wrong "another certificate than the Secret's"; else unsure "the Secret has none to compare with"; fi
    certificate "$tmp/one"
  fi
}

# stop ends the port-forward.
stop() {
  if [ "$forward" ]; then
    kill "$forward" 2>/dev/null || true
    wait "$forward" 2>/dev/null || true
  fi
  forward=''
}
forward=''

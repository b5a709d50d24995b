# shellcheck shell=bash
bad=0

title() { printf '\n== %s\n' "$*"; }
good() { printf '   ok      %s\n' "$*"; }
wrong() {
  printf '   NOT OK  %s\n' "$*"
  bad=1
}

# value prints one key of a Secret, decoded.
value() { # NAMESPACE SECRET KEY
  k get secret -n "$1" "$2" -o "go-template={{with .data}}{{with index . \"$3\"}}{{.}}{{end}}{{end}}" | openssl base64 -d -A
}

# secret looks at a certificate: its dates, its key, and the hosts it is for.
secret() { # NAMESPACE SECRET CERTIFICATE-KEY KEY-KEY HOST...
  title "Secret $1/$2"
  local crt
  if ! crt=$(value "$1" "$2" "$3") || [ -z "$crt" ]; then
    wrong "there is no certificate in $3"
    return 0
  fi
  openssl x509 -noout -subject -issuer -serial -dates <<<"$crt" | sed 's/^/   /'
  if openssl x509 -noout -checkend 0 <<<"$crt" >/dev/null; then
    good "not expired"
  else
    wrong "expired"
  fi
  # The private key goes through a pipe only, and of it the public half is compared.
  if [ "$(openssl x509 -noout -pubkey <<<"$crt")" = "$(value "$1" "$2" "$4" | openssl pkey -pubout 2>/dev/null)" ]; then
    good "the key is that of the certificate"
  else
    wrong "the key in $4 is missing, or not that of the certificate"
  fi
  local host
  for host in "${@:5}"; do
    if openssl x509 -noout -checkhost "$host" <<<"$crt" | grep -q 'does match'; then
      good "for $host"
    else
      wrong "not for $host"
    fi
  done
}

# object shows what an object says of itself, and its events.
object() { # RESOURCE NAMESPACE NAME; an empty namespace for what is in none
  title "$1 $3"
  local at=()
  if [ -n "$2" ]; then at=(-n "$2"); fi
  if ! k get "$1" "$3" ${at[@]+"${at[@]}"} -o 'go-template={{range .status.conditions}}   {{.type}}={{.status}} {{.reason}}: {{.message}}{{"\n"}}{{end}}{{with .status.state}}   state: {{.}}{{"\n"}}{{end}}{{with .status.reason}}   reason: {{.}}{{"\n"}}{{end}}'; then
    wrong "$1 $3 cannot be read"
    return 0
  fi
  k get events -n "${2:-default}" --field-selector "involvedObject.name=$3,type=Warning" \
    -o 'go-template={{range .items}}   event {{.reason}}: {{.message}}{{"\n"}}{{end}}' || true
}

# ready is object for what has a condition Ready.
ready() { # RESOURCE NAMESPACE NAME
  object "$@"
  local at=()
  if [ -n "$2" ]; then at=(-n "$2"); fi
  case $(k get "$1" "$3" ${at[@]+"${at[@]}"} -o 'go-template={{range .status.conditions}}{{if eq .type "Ready"}}{{.status}}{{end}}{{end}}' 2>/dev/null) in
    True) good "Ready" ;;
    *) wrong "not Ready" ;;
  esac
}

# credential looks whether a key of a Secret is there, and says how long it is.
credential() { # NAMESPACE SECRET KEY
  title "credentials in Secret $1/$2"
  local length
  length=$(value "$1" "$2" "$3" | wc -c | tr -d ' ')
  case $length in
    0) wrong "there is no $3" ;;
    *) good "$3 has $length bytes" ;;
  esac
  if [ "$length" -gt 0 ] && [ -z "$(value "$1" "$2" "$3" | tail -c 1 | tr -d '[:space:]')" ]; then
    wrong "$3 ends with white space"
  fi
}

# served does a handshake with a pod, and compares with the Secret.
served() { # NAMESPACE POD PORT HOST SECRET-NAMESPACE SECRET CERTIFICATE-KEY
  title "what pod $1/$2 serves on port $3 for $4"
  local log forward port='' got want
  log=$(mktemp)
  k port-forward -n "$1" "pod/$2" ":$3" >"$log" 2>&1 &
  forward=$!
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    port=$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\) .*/\1/p' "$log")
    if [ -n "$port" ]; then break; fi
    sleep 1
  done
  if [ -z "$port" ]; then
    wrong "no port-forward: $(cat "$log")"
  else
    got=$(openssl s_client -connect "127.0.0.1:$port" -servername "$4" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256 2>/dev/null || true)
    want=$(value "$5" "$6" "$7" | openssl x509 -noout -fingerprint -sha256 2>/dev/null || true)
    if [ -z "$got" ]; then
      wrong "no certificate came"
    elif [ "$got" = "$want" ]; then
      good "the certificate of the Secret"
    else
      wrong "another certificate than the Secret's"
    fi
  fi
  kill "$forward" 2>/dev/null || true
  wait "$forward" 2>/dev/null || true
  rm -f "$log"
}

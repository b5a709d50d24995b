# shellcheck shell=bash disable=SC2154
# secret looks at a certificate, at what is behind it in the same file, and at its key.
secret() { # NAMESPACE SECRET CERTIFICATE-KEY KEY-KEY HOST...
  title "Secret $1/$2"
  local count
  if ! value "$1" "$2" "$3" 2>"$tmp/why" | certificates >"$tmp/chain"; then
    : >"$tmp/chain"
    wrong "it cannot be read: $(why)"
    return 0
  fi
  count=$(grep -c 'BEGIN CERTIFICATE' "$tmp/chain") || true
  if [ "$count" -eq 0 ]; then
    wrong "there is no certificate in $3"
    return 0
  fi
  chain "$count"
  if openssl x509 -noout -in "$tmp/chain" 2>/dev/null; then
    key "$1" "$2" "$4"
    shift 4
    names "$@"
  fi
}

# certificates passes on the certificates, and no private key that is among them.
certificates() {
  LC_ALL=C awk '/-----BEGIN / { on = 0 } /-----BEGIN CERTIFICATE-----/ { on = 1 } on && !/PRIVATE KEY/; /-----END / { on = 0 }'
}

# chain looks at each certificate, and whether each is signed in the name of the next.
chain() { # HOW-MANY
  local i issuer='' unread=''
  for ((i = 1; i <= $1; i++)); do
    say "   certificate $i of $1"
    awk -v i="$i" '/BEGIN CERTIFICATE/ { n++ } n == i' "$tmp/chain" >"$tmp/one"
    if ! certificate "$tmp/one"; then
      issuer='' unread=1
      continue
    fi
    if [ "$issuer" ] && [ "$issuer" != "$(openssl x509 -noout -subject_hash -in "$tmp/one")" ]; then
      wrong "it is not the issuer of certificate $((i - 1))"
    fi
    issuer=$(openssl x509 -noout -issuer_hash -in "$tmp/one")
  done
  if [ -z "$unread" ]; then trust "$1"; fi
}

# certificate shows one certificate, and looks at its dates and at who issued it.
certificate() { # FILE
  local about
  if ! about=$(openssl x509 -noout -subject -issuer -serial -dates -in "$1" 2>/dev/null); then
    wrong "it is damaged: openssl cannot read it"
    return 1
  fi
  printf '%s\n' "$about" | sed 's/^/      /' | plain
  if [ "$(printf '%s\n' "$about" | begins)" -gt "$(date -u +%Y%m%d%H%M%S)" ]; then wrong "not valid yet"; fi
  if ! openssl x509 -noout -checkend 0 -in "$1" >/dev/null; then
    wrong "expired"
  elif ! openssl x509 -noout -checkend 604800 -in "$1" >/dev/null; then
    unsure "it expires within 7 days"
  fi
  case $about in
    *'(STAGING) '* | *'Fake LE '*) wrong "Let's Encrypt's staging issued it, which no client trusts" ;;
    *'cert-manager.local'*) wrong "it is cert-manager's temporary one: the real one has not come" ;;
    *'Kubernetes Ingress Controller Fake Certificate'*) wrong "it is ingress-nginx's own: for this host it has none" ;;
    *'TRAEFIK DEFAULT CERT'*) wrong "it is Traefik's own: for this host it has none" ;;
    *'Pebble Intermediate CA '* | *'Pebble Root CA '*) wrong "Pebble issued it, an ACME server for tests" ;;
  esac
}

# begins prints from when on a certificate is valid, as digits that sort.
begins() {
  awk -F '[= :]+' '/^notBefore=/ { printf "%d%02d%02d%02d%02d%02d", $7, (index("JanFebMarAprMayJunJulAugSepOctNovDec", $2) + 2) / 3, $3, $4, $5, $6 }'
}

# trust asks openssl whether the certificates lead to a CA that this machine trusts.
trust() { # HOW-MANY
  local said code depth text errors
  said=$(openssl verify -purpose sslserver -untrusted "$tmp/chain" "$tmp/chain" 2>&1) || true
  errors=$(printf '%s\n' "$said" | sed -n 's/^error \([0-9]*\) at \([0-9]*\) depth lookup: */\1 \2 /p')
  case "$errors/$said" in
    /*': OK'*) good "it leads to a CA that this machine trusts" ;;
    /*) unsure "openssl does not say whom it leads to: $(printf '%s\n' "$said" | sed -n 1p)" ;;
  esac
  while read -r code depth text; do
    case $code in
      '') ;;
      9 | 10) if [ "$depth" -ge "$1" ]; then wrong "the CA that this machine has for it: $text"; fi ;; # others were said
      2 | 18 | 19 | 20 | 21) unsure "$text: as it is with a CA of your own, and where an intermediate certificate is missing" ;;
      *) wrong "$text" ;;
    esac
  done <<<"$errors"
}

# key compares the public half of the private key, which goes through a pipe only.
key() { # NAMESPACE SECRET KEY
  local half why
  half=$(value "$1" "$2" "$3" 2>"$tmp/why" | openssl pkey -pubout -passin pass: 2>/dev/null) || true
  if [ -z "$half" ]; then
    why=$(why)
    wrong "there is no private key in $3 that can be read${why:+: $why}"
  elif [ "$half" = "$(openssl x509 -noout -pubkey -in "$tmp/chain")" ]; then
    good "the key is that of the certificate"
  else
    wrong "the key in $3 is that of another certificate"
  fi
}

# names looks whether the certificate is for all the hosts.
names() { # HOST...
  local names host asked option
  names=$(openssl x509 -noout -text -in "$tmp/chain" | sed -n '/X509v3 Subject Alternative Name/{n;s/^ *//;p;}')
  say "   names   ${names:-none}"
  for host in "$@"; do
    # openssl takes names, not patterns: any name that only the pattern is for.
    asked=${host/#\*/certcheck} option=-checkhost
    case $host in
      *:*) option=-checkip ;;
      *[!0-9.]*) ;;
      *) option=-checkip ;;
    esac
    case $option/$names in
      -checkhost/*DNS:*) ;;
      -checkhost/*) # openssl would take the common name, as no client of today does
        wrong "not for $host"
        continue
        ;;
    esac
    case $(openssl x509 -noout "$option" "$asked" -in "$tmp/chain" 2>&1 || true) in
      *'does match certificate'*) good "for $host" ;;
      *'does NOT match certificate'*) wrong "not for $host" ;;
      *) unsure "this openssl cannot compare names, as that of macOS: look whether $host is among them" ;;
    esac
  done
}

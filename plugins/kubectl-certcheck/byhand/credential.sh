# shellcheck shell=bash disable=SC2154
# credential looks whether a key of a Secret is there. All that leaves the pipe is how
# long it is, and whether there is white space at its ends; in JSON there may be.
credential() { # NAMESPACE SECRET KEY
  title "credentials in Secret $1/$2"
  local said length blank
  if ! said=$(value "$1" "$2" "$3" 2>"$tmp/why" | od -An -v -tx1 | awk '
    NF { if (!n) first = $1; n += NF; last = $NF }
    END { print n + 0, (first != "7b" && (first " " last) ~ /09|0a|0d|20/) ? "blank" : "" }'); then
    wrong "it cannot be read: $(why)"
    return 0
  fi
  read -r length blank <<<"$said"
  if [ "$length" -eq 0 ]; then
    wrong "there is no $3"
  else
    good "$3 has $length bytes"
  fi
  if [ "$blank" ]; then unsure "$3 begins or ends with white space, which not all providers overlook"; fi
}

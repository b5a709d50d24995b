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

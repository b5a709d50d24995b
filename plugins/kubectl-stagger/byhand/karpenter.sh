# find_machine finds the node's NodeClaim, and sets remake to the command that
# deletes it.
find_machine() {
  local claims name of its claim=''
  claims=$("${kubectl[@]}" get nodeclaims.karpenter.sh -o jsonpath='{range .items[*]}{.metadata.name}|{.status.nodeName}|{.status.providerID}{"\n"}{end}') ||
    fail "node/$node: its NodeClaim cannot be looked up"
  while IFS='|' read -r name of its; do
    if [ "$of" = "$node" ] && { [ -z "$its" ] || [ "$its" = "$provider" ]; }; then claim=$name; fi
  done <<<"$claims"
  if [ -z "$claim" ]; then fail "node/$node: it has no NodeClaim, so that Karpenter did not make it"; fi
  remake=("${kubectl[@]}" delete nodeclaims.karpenter.sh "$claim" --wait=false)
}

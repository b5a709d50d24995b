# find_machine finds the node's Machine, and sets remake to the command that deletes
# it.
find_machine() {
  local found name namespace
  found=$("${kubectl[@]}" get node "$node" -o jsonpath='{.metadata.annotations.cluster\.x-k8s\.io/machine}|{.metadata.annotations.cluster\.x-k8s\.io/cluster-namespace}') ||
    fail "node/$node: its Machine cannot be looked up"
  IFS='|' read -r name namespace <<<"$found"
  if [ -z "$name" ] || [ -z "$namespace" ]; then fail "node/$node: it names no Machine, so that Cluster API did not make it"; fi
  remake=("${kubectl[@]}" delete machines.cluster.x-k8s.io "$name" --namespace "$namespace" --wait=false)
}

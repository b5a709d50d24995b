# shellcheck shell=bash disable=SC2154
# prune deletes what an earlier run has made and is not wanted any more. Secrets and
# service accounts stay: others may use them.
prune() {
  local kind found object keep
  for kind in horizontalpodautoscalers.autoscaling networkpolicies.networking.k8s.io poddisruptionbudgets.policy services; do
    found=$("${kubectl[@]}" get "$kind" --namespace "$namespace" -l "$made" --ignore-not-found -o name) || fail "the objects of $kind could not be looked at"
    for object in $found; do
      for keep in "${wanted[@]}"; do
        if [ "$object" = "$keep" ]; then continue 2; fi
      done
      "${kubectl[@]}" delete "$object" --namespace "$namespace"
    done
  done
}

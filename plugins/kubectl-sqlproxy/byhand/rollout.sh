# shellcheck shell=bash disable=SC2154
# rollout waits until the proxy runs, and shows why it does not.
rollout() {
  if "${kubectl[@]}" rollout status "deployment/$name" --namespace "$namespace" --timeout "$timeout"; then return 0; fi
  say "--- pods"
  "${kubectl[@]}" get pods --namespace "$namespace" -l "$pods" -o wide >&2 || true
  say "--- warnings"
  "${kubectl[@]}" get events --namespace "$namespace" --field-selector type=Warning >&2 || true
  say "--- what the proxies say"
  "${kubectl[@]}" logs --namespace "$namespace" -l "$pods" --all-containers --prefix --tail 20 >&2 || true
  fail "the rollout is not done; the pods of before serve on"
}

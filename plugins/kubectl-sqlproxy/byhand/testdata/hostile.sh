#!/usr/bin/env bash
# Applies the Cloud SQL Proxy $(touch evil)`touch evil`; touch evil; '"
# touch evil
# to namespace $(touch evil)`touch evil`; touch evil; '"
# touch evil
# with kubectl: shows what would change, asks, applies, and waits until it runs.
# Then it deletes what an earlier run has made and is not wanted any more. The
# key of the service account is not in it: it is read from its file when this
# runs.
# DRY_RUN=1 only shows what would change. YES=1 does not ask.
# Exit status: 0, it is done; 1, it is not.
#
# Printed on 26 November 2026 at 09:05 UTC by
#   $(touch evil)`touch evil`; touch evil; '"
#   touch evil
#
# shellcheck disable=SC1003,SC1112,SC2016
set -euo pipefail

kubectl=(kubectl '--context=$(touch evil)`touch evil`; touch evil; '\''"
touch evil
')
namespace='$(touch evil)`touch evil`; touch evil; '\''"
touch evil
'
flags=(--force-conflicts=false)
name='$(touch evil)`touch evil`; touch evil; '\''"
touch evil
'
timeout=5m0s
pods='app.kubernetes.io/instance=$(touch evil)`touch evil`; touch evil; '\''"
touch evil
'
made='app.kubernetes.io/managed-by=kubectl-sqlproxy,app.kubernetes.io/instance=$(touch evil)`touch evil`; touch evil; '\''"
touch evil
'
wanted=(serviceaccount/sql-proxy deployment.apps/sql-proxy service/sql-proxy-orders poddisruptionbudget.policy/sql-proxy networkpolicy.networking.k8s.io/sql-proxy)

say() { printf '%s\n' "$*" >&2; }

fail() {
  say "error: $*"
  exit 1
}

# there KIND NAME fails where an object does not exist.
there() {
  local found
  found=$("${kubectl[@]}" get "$1" "$2" --namespace "$namespace" --ignore-not-found -o name) || fail "whether there is $1/$2 could not be looked at"
  if [ -z "$found" ]; then fail "there is no $1/$2 in namespace $namespace"; fi
}

# apply FUNCTION applies the objects that a function prints.
apply() {
  "$1" | "${kubectl[@]}" apply --server-side --field-manager kubectl-sqlproxy "${flags[@]}" --namespace "$namespace" -f -
}

# show shows what would change. kubectl diff ends with 1 where something would.
show() {
  local status=0
  { objects; deployment; } | "${kubectl[@]}" diff --server-side --field-manager kubectl-sqlproxy "${flags[@]}" --namespace "$namespace" -f - || status=$?
  if [ "$status" -gt 1 ]; then fail "what would change cannot be shown, and nothing was changed"; fi
}

# ask asks on the terminal, unless YES=1.
ask() {
  local answer=''
  if [ "${YES:-}" ]; then return 0; fi
  if ! { exec 3</dev/tty; } 2>/dev/null; then fail "not confirmed: there is no terminal to ask on; look at what would be done (DRY_RUN=1), then give YES=1"; fi
  printf '%s [y/N] ' "$1" >&2
  read -r answer <&3 || true
  exec 3<&-
  case $answer in
    y | Y | yes | Yes) ;;
    *) fail "not confirmed: nothing was changed" ;;
  esac
}

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

# What the pods need, and what leads to them.
objects() {
  cat <<'END_OF_OBJECTS'
---
apiVersion: v1
automountServiceAccountToken: false
kind: ServiceAccount
metadata:
  labels:
    app.kubernetes.io/instance: sql-proxy
    app.kubernetes.io/managed-by: kubectl-sqlproxy
    app.kubernetes.io/name: sql-proxy
  name: sql-proxy
  namespace: shop
---
apiVersion: v1
kind: Service
metadata:
  labels:
    app.kubernetes.io/instance: sql-proxy
    app.kubernetes.io/managed-by: kubectl-sqlproxy
    app.kubernetes.io/name: sql-proxy
  name: sql-proxy-orders
  namespace: shop
spec:
  ports:
  - appProtocol: tcp
    name: postgres
    port: 5432
    protocol: TCP
    targetPort: orders
  selector:
    app.kubernetes.io/instance: sql-proxy
    app.kubernetes.io/name: sql-proxy
  type: ClusterIP
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  labels:
    app.kubernetes.io/instance: sql-proxy
    app.kubernetes.io/managed-by: kubectl-sqlproxy
    app.kubernetes.io/name: sql-proxy
  name: sql-proxy
  namespace: shop
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      app.kubernetes.io/instance: sql-proxy
      app.kubernetes.io/name: sql-proxy
  unhealthyPodEvictionPolicy: AlwaysAllow
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  labels:
    app.kubernetes.io/instance: sql-proxy
    app.kubernetes.io/managed-by: kubectl-sqlproxy
    app.kubernetes.io/name: sql-proxy
  name: sql-proxy
  namespace: shop
spec:
  ingress:
  - from:
    - podSelector:
        matchLabels:
          sqlproxy-client: "true"
    ports:
    - port: 5432
      protocol: TCP
  podSelector:
    matchLabels:
      app.kubernetes.io/instance: sql-proxy
      app.kubernetes.io/name: sql-proxy
  policyTypes:
  - Ingress
END_OF_OBJECTS
}

deployment() {
  cat <<'END_OF_OBJECTS'
---
apiVersion: apps/v1
kind: Deployment
metadata:
  labels:
    app.kubernetes.io/instance: sql-proxy
    app.kubernetes.io/managed-by: kubectl-sqlproxy
    app.kubernetes.io/name: sql-proxy
  name: sql-proxy
  namespace: shop
spec:
  minReadySeconds: 10
  progressDeadlineSeconds: 120
  replicas: 2
  revisionHistoryLimit: 5
  selector:
    matchLabels:
      app.kubernetes.io/instance: sql-proxy
      app.kubernetes.io/name: sql-proxy
  strategy:
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
    type: RollingUpdate
  template:
    metadata:
      annotations:
        cluster-autoscaler.kubernetes.io/safe-to-evict: "true"
        kubectl.kubernetes.io/default-container: proxy
      labels:
        app.kubernetes.io/instance: sql-proxy
        app.kubernetes.io/name: sql-proxy
    spec:
      affinity:
        nodeAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
          - preference:
              matchExpressions:
              - key: cloud.google.com/gke-preemptible
                operator: DoesNotExist
              - key: cloud.google.com/gke-spot
                operator: DoesNotExist
            weight: 100
      automountServiceAccountToken: false
      containers:
      - args:
        - --address=0.0.0.0
        - --structured-logs
        - --health-check
        - --http-address=0.0.0.0
        - --http-port=9090
        - --prometheus
        - --min-sigterm-delay=15s
        - --max-sigterm-delay=30s
        - --exit-zero-on-sigterm
        - --credentials-file=/secrets/sqlproxy/key.json
        - shop:europe-west1:orders?port=5432
        image: cloud-sql-proxy:2.25.3
        livenessProbe:
          failureThreshold: 3
          httpGet:
            path: /liveness
            port: http
          periodSeconds: 10
        name: proxy
        ports:
        - containerPort: 5432
          name: orders
          protocol: TCP
        - containerPort: 9090
          name: http
          protocol: TCP
        readinessProbe:
          failureThreshold: 2
          httpGet:
            path: /readiness
            port: http
          periodSeconds: 5
        resources:
          limits:
            memory: 512Mi
          requests:
            cpu: 50m
            memory: 64Mi
        securityContext:
          allowPrivilegeEscalation: false
          capabilities:
            drop:
            - ALL
          readOnlyRootFilesystem: true
          runAsNonRoot: true
        startupProbe:
          failureThreshold: 60
          httpGet:
            path: /startup
            port: http
          periodSeconds: 1
        volumeMounts:
        - mountPath: /secrets/sqlproxy
          name: credentials
          readOnly: true
      enableServiceLinks: false
      securityContext:
        fsGroup: 65532
        runAsGroup: 65532
        runAsNonRoot: true
        runAsUser: 65532
        seccompProfile:
          type: RuntimeDefault
      serviceAccountName: sql-proxy
      terminationGracePeriodSeconds: 55
      topologySpreadConstraints:
      - labelSelector:
          matchLabels:
            app.kubernetes.io/instance: sql-proxy
            app.kubernetes.io/name: sql-proxy
        matchLabelKeys:
        - pod-template-hash
        maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: DoNotSchedule
      - labelSelector:
          matchLabels:
            app.kubernetes.io/instance: sql-proxy
            app.kubernetes.io/name: sql-proxy
        matchLabelKeys:
        - pod-template-hash
        maxSkew: 1
        topologyKey: topology.kubernetes.io/zone
        whenUnsatisfiable: ScheduleAnyway
      volumes:
      - name: credentials
        secret:
          defaultMode: 288
          items:
          - key: key.json
            path: key.json
          secretName: sql-proxy-credentials
END_OF_OBJECTS
}

# The key goes from its file to the cluster, through pipes only.
secrets() {
  echo ---
  "${kubectl[@]}" create secret generic '$(touch evil)`touch evil`; touch evil; '\''"
touch evil
' --namespace "$namespace" --type Opaque --dry-run=client -o yaml \
    '--from-file=$(touch evil)`touch evil`; touch evil; '\''"
touch evil
=$(touch evil)`touch evil`; touch evil; '\''"
touch evil
' |
    "${kubectl[@]}" label --local -f - -o yaml '$(touch evil)`touch evil`; touch evil; '\''"
touch evil
=$(touch evil)`touch evil`; touch evil; '\''"
touch evil
'
}

command -v kubectl >/dev/null || fail "kubectl is not on the PATH"
"${kubectl[@]}" get namespace "$namespace" -o name >/dev/null || fail "namespace $namespace could not be looked at, and none is made"
there secret '$(touch evil)`touch evil`; touch evil; '\''"
touch evil
'
there secret --help
if [ ! -s '$(touch evil)`touch evil`; touch evil; '\''"
touch evil
' ]; then
  fail 'there is no key in $(touch evil)`touch evil`; touch evil; '\''"
touch evil
'
fi
show
if [ "${DRY_RUN:-}" ]; then exit 0; fi
ask "Apply this to namespace $namespace?"
apply secrets
apply objects
apply deployment
rollout
prune

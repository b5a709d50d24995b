#!/usr/bin/env bash
# The logs of three applications, which write them into a file, as one stream through a FIFO.
# Kept as it was, with its faults: README.md says what each of them does.
# shellcheck disable=SC2086,SC2094,SC2260

FIFO=/tmp/shout
FILE=/var/app/log/hoge_log

mkfifo "$FIFO"
trap 'rm "$FIFO"; exit 1' 1 2 3 15

POD_A=$(kubectl get pods -o jsonpath='{.items[?(@.metadata.labels.app=="pod-a")].metadata.name}')
POD_B=$(kubectl get pods -o jsonpath='{.items[?(@.metadata.labels.app=="pod-b")].metadata.name}')
POD_C=$(kubectl get pods -o jsonpath='{.items[?(@.metadata.labels.app=="pod-c")].metadata.name}')

kubectl exec -i $POD_A -c hoge -- tail -f "$FILE" > "$FIFO" |
  kubectl exec -i $POD_B -c hoge -- tail -f "$FILE" > "$FIFO" |
  kubectl exec -i $POD_C -c hoge -- tail -f "$FILE" > "$FIFO" |
  cat "$FIFO"

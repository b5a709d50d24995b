#!/usr/bin/env bash
# The same stream, and what is written into /tmp/shout joins it.
set -euo pipefail

exec kubectl mlogs -l 'app in (pod-a,pod-b,pod-c)' -c hoge --file /var/app/log/hoge_log --fifo /tmp/shout "$@"

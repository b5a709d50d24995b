#!/usr/bin/env bash
# Joins 2 logs of containers into one stream, by kubectl and a named pipe. The
# containers are those that matched when this was printed; a stream that ends is
# not opened again.
#
# Printed on 24 November 2026 at 09:05 UTC by
#   kubectl mlogs web --no-follow --print-script
#
# shellcheck disable=SC1003,SC1112,SC2016
set -euo pipefail

kubectl=(kubectl)
mark=$'\036'

# whole_lines NAME copies lines to the pipe, each with the name before it and in
# one write, which other writers cannot split. That holds for as many bytes as the
# system says: what is longer is cut. The mark tells our lines from others.
whole_lines() {
  export LC_ALL=C PREFIX="$mark$1 " MAX=$max
  exec "${awk[@]}" '
    BEGIN { ORS = ""; prefix = ENVIRON["PREFIX"]; room = ENVIRON["MAX"] - length(prefix) - 1 }
    length($0) > room { $0 = substr($0, 1, room - 8) "…[cut]" }
    { print prefix $0 "\n"; fflush() }'
}

# show NAME shows lines: ours without the mark, others with the name before them.
# A terminal gets no control characters.
show() {
  export LC_ALL=C PREFIX="$1 " TERMINAL=''
  if [ -t 1 ]; then TERMINAL=1; fi
  exec "${awk[@]}" '
    BEGIN { ORS = "" }
    { line = substr($0, 1, 1) == "\036" ? substr($0, 2) : ENVIRON["PREFIX"] $0 }
    ENVIRON["TERMINAL"] {
      gsub(/\033\[[0-9;:]*m/, "", line)
      gsub(/[\001-\010\013-\037\177]|\302[\200-\237]/, "?", line)
    }
    { print line "\n"; fflush() }'
}

# The awk of Debian waits for full buffers unless told not to.
awk=(awk)
case $(awk -W version </dev/null 2>&1) in mawk*) awk=(awk -W interactive) ;; esac
max=$(getconf PIPE_BUF / || echo 512)
if [ "$max" -gt 4096 ]; then max=4096; fi

# lifeline runs a command until it ends or its stdin does. In a container this keeps a tail
# from staying behind, which kubectl alone would leave there for ever; here, a
# kubectl when this script is killed. 143 is what a tail ends with that it ended.
lifeline='exec 3<&0
"$@" 3<&- &
t=$!
exec 2>/dev/null
{ read -r _ <&3; kill "$t"; } &
w=$!
exec 3<&-
wait "$t"
rc=$?
kill "$w"
[ "$rc" -ne 143 ] || rc=0
exit "$rc"'

# join NAME COMMAND... runs a command in the background. Its lines go into the
# pipe, its complaints to stderr, all with the name of the source. The one that
# shows the complaints holds the pipe, too: when the reader ends, all is said.
streams=()
join() {
  local name=$1
  shift
  "$@" <"$dir/life" \
    > >(exec >&7 7>&- 8>&- 9>&- && whole_lines "$name") \
    2> >(exec >&2 8>&- 9>&- && show "$name") \
    7>&- 8>&- 9>&- &
  streams+=($!)
}

# any_runs PID... tells whether one of these children runs.
any_runs() {
  local pid running
  running=$'\n'$(jobs -pr)$'\n'
  for pid in "$@"; do
    case $running in *$'\n'"$pid"$'\n'*) return 0 ;; esac
  done
  return 1
}

# settle PID... gives children two seconds to end, and then ends them.
settle() {
  local i pid
  for ((i = 0; i < 20; i++)); do
    if ! any_runs "$@"; then return 0; fi
    sleep 0.1
  done
  for pid in "$@"; do
    if any_runs "$pid"; then kill "$pid" || true; fi
  done
}

# own_log NAMESPACE POD CONTAINER joins what a container says.
own_log() {
  join "$2 $3" sh -c "$lifeline" mlogs \
    "${kubectl[@]}" --namespace "$1" logs "$2" -c "$3"
}

# Nobody but you may read or write the pipe.
umask 077
dir=$(mktemp -d "${TMPDIR:-/tmp}/mlogs.XXXXXX")
reader='' napping=''
pipe=$dir/lines

# To close 9 ends the streams, and with them what runs in the containers.
cleanup() {
  trap '' INT TERM HUP
  exec 9>&- 8>&-
  if [ "$napping" ]; then kill "$napping" || true; fi
  settle ${streams[@]+"${streams[@]}"}
  exec 7>&-
  settle ${reader:+"$reader"}
  rm -rf -- "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

mkfifo -m 600 -- "$pipe" "$dir/life"
# 9 is the lifeline: all streams have its other end as stdin, so that they end
# with this shell, even after SIGKILL.
exec 9<>"$dir/life"
# 7 is the writers' end of the pipe, 6 the reader's. 8 is both, with which
# opening them does not block.
exec 8<>"$pipe"
exec 7>"$pipe"
exec 6<"$pipe" 8>&-
(exec <&6 6<&- 7>&- 9>&- && show fifo) &
reader=$!
exec 6<&-

# What is read: namespace, pod, container.
own_log shop web-0 app
own_log shop web-1 app

# Until all streams have ended, or whoever reads our output has had enough.
while any_runs "${streams[@]}"; do
  if ! any_runs "$reader"; then exit 0; fi
  sleep 0.5 7>&- 8>&- 9>&- &
  napping=$!
  wait "$napping"
  napping=''
done
failed=0
for pid in "${streams[@]}"; do
  wait "$pid" || failed=1
done
exec 7>&-
wait "$reader" || true
[ "$failed" -eq 0 ]

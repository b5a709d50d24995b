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

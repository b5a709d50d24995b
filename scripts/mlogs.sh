#!/usr/bin/env bash
# The logs of many pods, or log files inside their containers, as one stream.
# For places where the plugin `kubectl mlogs` is not installed; see --help.
#
# It is made of one FIFO. Each source is a kubectl that runs in the background,
# with an awk behind it that writes whole lines into the FIFO; one awk in front
# shows them. It runs in bash 3.2, which is what macOS has.
#
# There is no `set -e`: a stream that fails is part of the job.
set -u
umask 077

usage() {
  cat <<'END'
The logs of many pods, or log files inside their containers, as one stream.

  mlogs.sh [flags] POD ...         these pods
  mlogs.sh [flags] -l SELECTOR     pods with these labels, also those that come
                                   later; -l '' for all pods

Pods:
  -n, --namespace NS       the namespace
  -l, --selector SELECTOR  pods by label; repeatable, any selector counts
  -c, --container NAME     only this container; repeatable (default: all for
                           logs, the one that kubectl exec takes for files)
      --context NAME, --kubeconfig PATH
                           as kubectl's
What to read:
      --file PATH          a file in the containers instead of their logs, not a
                           pattern; repeatable. They need sh and tail
      --stdout             with --file: the containers' logs, too
      --tail N             only the last N lines of each source's past
      --since D            only log lines newer than D, as in 30s, 5m or 2h; files
                           have no times to go by
      --no-follow          print what is there and exit
Where to:
      --fifo PATH          the named pipe's path (default: in a new directory).
                           A pipe that is there must be yours, and stays
      --fifo-only          leave the reading to others, as in `cat PATH`
                           (with --no-follow this waits for a reader)
  -h, --help

Each line is "POD CONTAINER LINE"; a file's base name follows the container. What
anybody writes to the pipe, as in `echo "deploy 42" >PATH`, is a line of "fifo".

A line is written at once, so that lines cannot mix. That holds for PIPE_BUF
bytes (4096 on Linux, 512 on macOS): what is longer is cut, and ends in "…[cut]".

Pods are looked up again every MLOGS_REFRESH seconds (default 5). New ones are
read from their start. A stream that ended is opened again: a log may then repeat
its last seconds, and a file goes on at its end, without what was written in
between. Exact resume, order by time and more is what `kubectl mlogs` does.

The environment variable KUBECTL_PATH names the kubectl. Exit status: 0; 1 for an
error, with --no-follow also when a source could not be read; 130, 143 or 129
after INT, TERM or HUP.
END
}

say() { printf 'mlogs: %s\n' "$*" >&2; }

die() {
  say "$*"
  exit 1
}

# ---------------------------------------------------------------- the flags

kubectl=("${KUBECTL_PATH:-kubectl}")
names=() selectors=() containers=() files=()
stdout='' tail=-1 since='' fifo='' fifo_only='' follow=1
refresh=${MLOGS_REFRESH:-5}

while [ $# -gt 0 ]; do
  flag=$1 value='' joined=''
  shift
  case $flag in
    --*=*) joined=1 value=${flag#*=} flag=${flag%%=*} ;;
  esac
  case $flag in
    -n | --namespace | -l | --selector | -c | --container | --file | --tail | --since | --fifo | --context | --kubeconfig)
      if [ -z "$joined" ]; then
        [ $# -gt 0 ] || die "$flag needs a value"
        value=$1
        shift
      fi
      ;;
    *) [ -z "$joined" ] || die "$flag takes no value; see --help" ;;
  esac
  case $flag in
    -n | --namespace) kubectl+=(--namespace "$value") ;;
    --context | --kubeconfig) kubectl+=("$flag" "$value") ;;
    -l | --selector) selectors+=("$value") ;;
    -c | --container) containers+=("$value") ;;
    --file) files+=("$value") ;;
    --tail) tail=$value ;;
    --since) since=$value ;;
    --fifo) fifo=$value ;;
    --stdout) stdout=1 ;;
    --fifo-only) fifo_only=1 ;;
    --no-follow) follow='' ;;
    -f | --follow) follow=1 ;;
    -h | --help)
      usage
      exit 0
      ;;
    --)
      names+=(${1+"$@"})
      break
      ;;
    -*) die "unknown flag $flag; see --help" ;;
    *) names+=("$flag") ;;
  esac
done

[ ${#names[@]} -gt 0 ] || [ ${#selectors[@]} -gt 0 ] || die "name pods, or select them with -l; see --help"
[ ${#names[@]} -eq 0 ] || [ ${#selectors[@]} -eq 0 ] || die "name pods or select them with -l, not both"
[ ${#files[@]} -gt 0 ] || stdout=1
[ -z "$since" ] || [ "$stdout" ] || die "--since is for logs: files have no times to go by"
case $tail in -1) ;; '' | *[!0-9]*) die "--tail: $tail is not a number" ;; esac
case $refresh in '' | 0* | *[!0-9]*) die "MLOGS_REFRESH: $refresh is not a number of seconds" ;; esac
command -v "${kubectl[0]}" >/dev/null || die "${kubectl[0]} is not there; KUBECTL_PATH names another kubectl"

# ---------------------------------------------------------------- lines

# mawk, Debian's awk, waits for full buffers unless told not to. All but GNU's lose
# what follows a NUL byte in a line, as files have that were truncated under their
# writer: where a tr can be had that does not wait, NULs are filtered out.
awk=(awk) denul=''
! command -v stdbuf >/dev/null || denul=1
case $(awk -W version </dev/null 2>&1) in
  GNU*) denul='' ;;
  mawk*) awk=(awk -W interactive) ;;
esac

# What a write holds without being torn.
max=$(getconf PIPE_BUF / 2>/dev/null)
case $max in '' | *[!0-9]*) max=512 ;; esac
[ "$max" -le 4096 ] || max=4096

# prefix writes each line of stdin with $1 before it, in one write: that is why
# the line is put together first and flushed at once. The mark \036 tells our
# lines from those of others.
prefix() {
  export LC_ALL=C MLOGS_PREFIX=$1 MLOGS_MAX=$max MLOGS_MARK=$mark
  [ -z "$denul" ] || exec < <(exec stdbuf -o0 tr -d '\000')
  # shellcheck disable=SC2016 # awk's $0
  exec "${awk[@]}" '
    BEGIN {
      ORS = ""
      prefix = (ENVIRON["MLOGS_MARK"] ? "\036" : "") ENVIRON["MLOGS_PREFIX"]
      if (length(prefix) > ENVIRON["MLOGS_MAX"] / 2) prefix = substr(prefix, 1, ENVIRON["MLOGS_MAX"] / 2 - 1) " "
      room = ENVIRON["MLOGS_MAX"] - length(prefix) - 1
    }
    length($0) > room {
      line = substr($0, 1, room - 8)
      sub(/[\300-\377][\200-\277]*$/, "", line) # no half character
      print prefix line "…[cut]\n"
      fflush()
      next
    }
    { print prefix $0 "\n"; fflush() }'
}

# show writes each line of stdin: our own without the mark, others with $1 before
# them. On a terminal control characters become visible, colours excepted.
show() {
  export LC_ALL=C MLOGS_PREFIX=$1 MLOGS_TERMINAL=''
  [ ! -t 1 ] || MLOGS_TERMINAL=1
  # shellcheck disable=SC2016 # awk's $0
  exec "${awk[@]}" '
    BEGIN {
      ORS = ""
      prefix = ENVIRON["MLOGS_PREFIX"]
      terminal = ENVIRON["MLOGS_TERMINAL"]
      for (i = 1; i < 32; i++) visible[sprintf("%c", i)] = "^" sprintf("%c", i + 64)
      visible["\177"] = "^?"
    }
    function safe(s,   out, c) {
      gsub(/\001/, "^A", s)
      gsub(/\302[\200-\237]/, "?", s)
      gsub(/\033\[[0-9;:]*m/, "\001&", s) # \001 before an ESC that may stay
      while (match(s, /[\001-\010\013-\037\177]/)) {
        c = substr(s, RSTART, 1)
        out = out substr(s, 1, RSTART - 1)
        if (c == "\001") { out = out "\033"; RSTART++; coloured = 1 }
        else out = out visible[c]
        s = substr(s, RSTART + 1)
      }
      return out s
    }
    {
      line = substr($0, 1, 1) == "\036" ? substr($0, 2) : prefix $0
      if (terminal) {
        coloured = 0
        line = safe(line)
        if (coloured) line = line "\033[0m"
      }
      print line "\n"
      fflush()
    }'
}

# ---------------------------------------------------------------- pipes

trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP
trap cleanup EXIT

dir='' made='' asking='' napping='' reader='' mark=1
sources=() ids=() pids=() froms=() born=() last=() pauses=() due=() seen=()

# Nothing is killed but our own children, and by their PIDs. Closing the lifeline
# comes first: it ends the streams in good order, the tails in the containers
# with them.
cleanup() {
  trap '' INT TERM HUP
  exec 9>&- 8>&-
  [ -z "$napping" ] || kill "$napping" 2>/dev/null
  settle ${asking:+"$asking"} ${pids[@]+"${pids[@]}"}
  exec 7>&-
  settle ${reader:+"$reader"}
  [ -z "$made" ] || rm -f -- "$fifo"
  [ -z "$dir" ] || rm -rf -- "$dir"
}

# settle waits two seconds for children to end, and then ends them.
settle() {
  local i pid left
  for ((i = 0; i < 20; i++)); do
    left=''
    look
    for pid in "$@"; do is_running "$pid" && left=1; done
    [ "$left" ] || return 0
    sleep 0.1
  done
  for pid in "$@"; do is_running "$pid" && kill "$pid" 2>/dev/null; done
}

# look notes which children run. The shell knows that, without being fooled by
# PIDs that have been given to others.
look() { running=$'\n'$(jobs -pr)$'\n'; }

is_running() {
  case $running in *$'\n'"${1:-none}"$'\n'*) return 0 ;; esac
  return 1
}

# nap waits for a second, and gives way to a signal at once. A `read -t` would
# need no process, but one that times out in a function breaks bash 3.2.
nap() {
  sleep 1 7>&- 8>&- 9>&- &
  napping=$!
  wait "$napping"
  napping=''
}

dir=$(mktemp -d "${TMPDIR:-/tmp}/mlogs.XXXXXX") || die "there is no place for a pipe"
if [ -z "$fifo" ]; then
  fifo=$dir/lines
  [ -z "$follow" ] || say "the pipe is $fifo"
fi
case $fifo in /*) ;; *) fifo=$PWD/$fifo ;; esac
if mkfifo -m 600 "$fifo" 2>/dev/null; then
  made=1
elif [ -h "$fifo" ] || [ ! -p "$fifo" ] || [ ! -O "$fifo" ]; then
  die "$fifo: there must be nothing, or a named pipe of yours, in a directory that you may write to"
else
  chmod 600 "$fifo" || exit 1
fi
mkfifo "$dir/life" || exit 1

# 9 is the lifeline: every stream has its other end as stdin. Only this shell
# holds it, so that even after SIGKILL all streams see its end.
exec 9<>"$dir/life"
# 7 is the writers' end of the FIFO, held here so that the reader does not end
# when writers come and go. 8 is both ends, with which opening the others does not
# block; where others read it stays, so that they, too, may come and go. To print
# what is there and exit has to wait for one: nothing is kept for those who come
# later.
if [ -z "$fifo_only" ] || [ "$follow" ]; then
  exec 8<>"$fifo"
fi
exec 7>"$fifo"
if [ "$fifo_only" ]; then
  mark=''
else
  exec 6<"$fifo"
  (exec <&6 6<&- 7>&- 8>&- 9>&- && show 'fifo ') &
  reader=$!
  exec 6<&- 8>&-
fi

# ---------------------------------------------------------------- streams

# lifeline runs a command until it ends or stdin does. It works here as in a
# container; there the sh holds on to stdin, and the tail does not outlive us.
# The 143 of a command that is ended in this way is no failure.
# shellcheck disable=SC2016 # another shell's variables
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

# start N POD CONTAINER FILE FROM starts the stream of source N. FROM is what of
# its past is shown: "first", what the flags say; "all"; or "again", after a
# stream that ended.
start() {
  local name="$2 $3" command lines=+1
  if [ "$4" ]; then
    name="$name ${4##*/}"
    [ "$5" = all ] || [ "$tail" -lt 0 ] || lines=$tail
    [ "$5" != again ] || lines=0
    command=("${kubectl[@]}" exec -i "$2" -c "$3" -- sh -c "$lifeline" mlogs tail -n "$lines" ${follow:+-F} -- "$4")
  else
    command=(sh -c "$lifeline" mlogs "${kubectl[@]}" logs "$2" -c "$3" ${follow:+-f})
    case $5 in
      first)
        [ "$tail" -lt 0 ] || command+=("--tail=$tail")
        [ -z "$since" ] || command+=("--since=$since")
        ;;
      again) command+=("--since=$((SECONDS - last[$1] + 1))s") ;;
    esac
  fi
  [ "$5" != again ] || say "$name: the stream ended, and is opened again"
  # The one that shows stderr keeps 7: when the reader ends, all has been said.
  "${command[@]}" <"$dir/life" \
    > >(exec >&7 7>&- 8>&- 9>&- && prefix "$name ") \
    2> >(exec >&2 8>&- 9>&- && show "$name ") \
    7>&- 8>&- 9>&- &
  pids[$1]=$! froms[$1]=$5 born[$1]=$SECONDS last[$1]=$SECONDS
}

# reap takes leave of the streams that have ended.
reap() {
  local i
  look
  for ((i = 0; i < ${#sources[@]}; i++)); do
    if is_running "${pids[i]}"; then
      last[i]=$SECONDS
    elif [ "${pids[i]}" ]; then
      wait "${pids[i]}"
      ended "$i" $?
    fi
  done
}

# ended I STATUS: what failed at once has shown nothing, and begins where it was
# to begin. The longer it fails, the longer the pause before the next try.
ended() {
  pids[$1]=''
  if [ "$2" -eq 0 ] || [ $((SECONDS - born[$1])) -ge 2 ]; then
    froms[$1]=again
  fi
  [ $((SECONDS - born[$1])) -lt 30 ] || pauses[$1]=0
  due[$1]=$((last[$1] + pauses[$1]))
  pauses[$1]=$((pauses[$1] * 2 + refresh))
  [ "${pauses[$1]}" -le 60 ] || pauses[$1]=60
  [ "$2" -eq 0 ] || failed=1
}

# ---------------------------------------------------------------- pods

# One line for each container: POD|UID|DEFAULT CONTAINER|CONTAINER|ID|STATE.
# shellcheck disable=SC2016 # the template's variables
template='{{define "pod"}}{{$p := .}}{{$d := (index .spec.containers 0).name}}
{{- with .metadata.annotations}}{{with index . "kubectl.kubernetes.io/default-container"}}{{$d = .}}{{end}}{{end}}
{{- range .status.initContainerStatuses}}{{$p.metadata.name}}|{{$p.metadata.uid}}|{{$d}}|{{template "container" .}}{{end}}
{{- range .status.containerStatuses}}{{$p.metadata.name}}|{{$p.metadata.uid}}|{{$d}}|{{template "container" .}}{{end}}
{{- range .status.ephemeralContainerStatuses}}{{$p.metadata.name}}|{{$p.metadata.uid}}|{{$d}}|{{template "container" .}}{{end}}
{{- end}}
{{- define "container"}}{{.name}}|{{with .containerID}}{{.}}{{end}}|{{if .state.running}}running{{else}}no{{end}}{{"\n"}}{{end}}
{{- if .items}}{{range .items}}{{template "pod" .}}{{end}}{{else if .spec}}{{template "pod" .}}{{end}}'

# ask adds the pods that kubectl finds to the list. In the background, since only
# `wait` gives way to a signal at once.
ask() {
  "${kubectl[@]}" get pods --request-timeout=20s -o "go-template=$template" "$@" \
    </dev/null >>"$dir/pods" 2>"$dir/error" 6>&- 7>&- 8>&- 9>&- &
  asking=$!
  wait "$asking"
  local status=$?
  asking=''
  [ ! -s "$dir/error" ] || (exec <"$dir/error" >&2 7>&- 8>&- 9>&- && show 'mlogs: ')
  return "$status"
}

find_pods() {
  local selector
  : >"$dir/pods"
  if [ ${#names[@]} -gt 0 ]; then
    ask --ignore-not-found -- "${names[@]}"
    return
  fi
  for selector in "${selectors[@]}"; do
    ask -l "$selector" || return
  done
}

wanted() { # CONTAINER DEFAULT
  local c
  if [ ${#containers[@]} -eq 0 ]; then
    [ ${#files[@]} -eq 0 ] || [ "$1" = "$2" ]
    return
  fi
  for c in "${containers[@]}"; do
    [ "$c" != "$1" ] || return 0
  done
  return 1
}

# join_all starts what has no stream, and forgets what has gone.
join_all() {
  local pod uid default container id state file
  round=$((round + 1))
  while IFS='|' read -r pod uid default container id state; do
    wanted "$container" "$default" || continue
    [ -z "$stdout" ] || join "$pod" "$uid" "$container" "$id" "$state" ''
    for file in ${files[@]+"${files[@]}"}; do
      join "$pod" "$uid" "$container" "$id" "$state" "$file"
    done
  done <"$dir/pods"
  forget
}

# join POD UID CONTAINER ID STATE FILE: a container that has never run has no ID.
join() {
  local i key="$1|$2|$3|$6"
  [ "$4" ] || return 0
  [ "$5" = running ] || [ -z "$6" ] || {
    [ "$follow" ] || { say "$1 $3: it does not run, so its files cannot be read" && failed=1; }
    return 0
  }
  for ((i = 0; i < ${#sources[@]}; i++)); do
    [ "${sources[i]}" != "$key" ] || break
  done
  if [ "$i" -eq ${#sources[@]} ]; then
    sources[i]=$key ids[i]=$4 pids[i]='' froms[i]=$from pauses[i]=0 due[i]=0
  fi
  seen[i]=$round
  [ -z "${pids[i]}" ] || return 0
  if [ "${ids[i]}" != "$4" ]; then # it was restarted: its log is a new one
    ids[i]=$4
    [ "$6" ] || froms[i]=all
  elif [ "${froms[i]}" = again ] && [ "$5" != running ]; then
    return 0 # it has ended
  fi
  [ "$SECONDS" -lt "${due[i]}" ] || start "$i" "$1" "$3" "$6" "${froms[i]}"
}

forget() {
  local i n=0
  for ((i = 0; i < ${#sources[@]}; i++)); do
    [ "${pids[i]}" ] || [ "${seen[i]}" -eq "$round" ] || continue
    sources[n]=${sources[i]} ids[n]=${ids[i]} pids[n]=${pids[i]} froms[n]=${froms[i]}
    born[n]=${born[i]-0} last[n]=${last[i]-0} pauses[n]=${pauses[i]} due[n]=${due[i]} seen[n]=${seen[i]}
    n=$((n + 1))
  done
  while [ ${#sources[@]} -gt "$n" ]; do
    i=$((${#sources[@]} - 1))
    unset "sources[i]" "ids[i]" "pids[i]" "froms[i]" "born[i]" "last[i]" "pauses[i]" "due[i]" "seen[i]"
  done
}

# ---------------------------------------------------------------- the run

failed='' round=0 from=first
find_pods || exit 1
for name in ${names[@]+"${names[@]}"}; do
  grep -q "^${name//./\\.}|" "$dir/pods" || { say "there is no pod $name${follow:+ yet}" && failed=1; }
done
join_all
if [ ${#sources[@]} -eq 0 ]; then
  say "nothing matches${follow:+ yet}"
  failed=1
fi

if [ -z "$follow" ]; then
  for pid in ${pids[@]+"${pids[@]}"}; do
    wait "$pid" || failed=1
  done
  if [ "$reader" ]; then
    look
    is_running "$reader" || exit 0 # whoever read our output has had enough
    exec 7>&-
    wait "$reader"
  fi
  exit $((${failed:-0}))
fi

from=all
next=$((SECONDS + refresh))
while :; do
  nap
  reap
  # Whoever read our output has had enough.
  [ "$fifo_only" ] || is_running "$reader" || exit 0
  if [ "$SECONDS" -ge "$next" ]; then
    ! find_pods || join_all
    next=$((SECONDS + refresh))
  fi
done

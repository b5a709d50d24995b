#!/usr/bin/env bats
# mlogs.sh against a kubectl that is played on local files: what would run in a
# container really runs here, so that a tail that stays behind is seen. Linux:
# processes are looked for in /proc. MLOGS_BASH names another bash to test with.
# shellcheck disable=SC2013,SC2016,SC2026,SC2046,SC2154

bats_require_minimum_version 1.5.0

setup() {
  export MLOGS_WORLD=$BATS_TEST_TMPDIR/world MLOGS_REFRESH=1
  export KUBECTL_PATH=$BATS_TEST_DIRNAME/testdata/kubectl
  export TMPDIR=$BATS_TEST_TMPDIR/tmp
  mkdir -p "$MLOGS_WORLD/logs" "$MLOGS_WORLD/broken" "$TMPDIR"
  cd "$BATS_TEST_TMPDIR" || return
  : >"$MLOGS_WORLD/pods"
  script=("${MLOGS_BASH:-bash}" "$BATS_TEST_DIRNAME/mlogs.sh")
  main=''
}

teardown() {
  [ -z "$main" ] || kill -KILL "$main" 2>/dev/null || true
  within 5 nothing_runs || kill -KILL $(ours) 2>/dev/null || true
}

# pod NAME [ID [STATE]] adds a pod with one container, app.
pod() {
  mkdir -p "$MLOGS_WORLD/fs/$1.app/var"
  touch "$MLOGS_WORLD/logs/$1.app"
  printf '%s|u-%s|app|app|%s|%s\n' "$1" "$1" "${2-id}" "${3-running}" >>"$MLOGS_WORLD/pods"
}

log() { printf '%s\n' "$2" >>"$MLOGS_WORLD/logs/$1.app"; }

file() { printf '%s\n' "$3" >>"$MLOGS_WORLD/fs/$1.app/$2"; }

# follow ARGS runs the script in the background. A background job ignores INT,
# which a script cannot undo; env can.
follow() {
  env --default-signal=INT,HUP,TERM "${script[@]}" "$@" >out 2>err 3>&- &
  main=$!
}

# within SECONDS COMMAND waits until the command succeeds.
within() {
  local i n=$(($1 * 20))
  shift
  for ((i = 0; i < n; i++)); do
    ! "$@" || return 0
    sleep 0.05
  done
  return 1
}

has() { grep -qFx -- "$2" "$1"; }

# shows LINE waits for a line of output.
shows() {
  within 8 has out "$1" || {
    echo "no line '$1' in:"
    cat out err
    return 1
  }
}

count() { [ "$(grep -cFx -- "$2" "$1")" -eq "$3" ]; }

# ours prints the processes of this test but those of bats.
ours() {
  local p
  for p in $(grep -lzFx "TMPDIR=$TMPDIR" /proc/[0-9]*/environ 2>/dev/null); do
    p=${p%/environ}
    grep -q bats-core "$p/cmdline" 2>/dev/null || echo "${p#/proc/}"
  done
}

# tails prints the tails that run, in containers or of logs.
tails() {
  local p
  for p in $(ours); do
    [ "$(cat "/proc/$p/comm" 2>/dev/null)" != tail ] || echo "$p"
  done
}

nothing_runs() { [ -z "$(ours)" ]; }

nothing_left() { nothing_runs && [ -z "$(ls "$TMPDIR")" ]; }

# ends STATUS waits for the script's end.
ends() {
  within 8 gone || return 1
  local status=0
  wait "$main" || status=$?
  main=''
  [ "$status" -eq "$1" ] || {
    echo "exit status $status"
    cat err
    return 1
  }
}

gone() { ! kill -0 "$main" 2>/dev/null; }

@test "lines of several pods, each with its source (faults 3 and 6)" {
  pod a && pod b && log a one && log b two
  run "${script[@]}" a b --no-follow
  [ "$status" -eq 0 ]
  [ "$(sort <<<"$output")" = $'a app one\nb app two' ]
  within 2 nothing_left
}

@test "several selectors, a pod of both once" {
  pod a && pod b && log a one && log b two
  cp "$MLOGS_WORLD/pods" "$MLOGS_WORLD/pods.x=1"
  grep ^b "$MLOGS_WORLD/pods" >"$MLOGS_WORLD/pods.y=2"
  run "${script[@]}" -l x=1 --selector=y=2 --no-follow
  [ "$(sort <<<"$output")" = $'a app one\nb app two' ]
}

@test "files with blanks and globs in their names (fault 3)" {
  pod a && file a 'var/my *.log' one && file a 'var/my x.log' other && log a own
  run "${script[@]}" a --file 'var/my *.log' --no-follow
  [ "$output" = "a app my *.log one" ]
  run "${script[@]}" a --file 'var/my *.log' --file 'var/my x.log' --stdout --no-follow --fifo 'a pipe'
  [ "$(sort <<<"$output")" = $'a app my *.log one\na app my x.log other\na app own' ]
  [ ! -e 'a pipe' ]
}

@test "no source is another's stdin, and none is forgotten (fault 1)" {
  pod a && pod b && pod c && log a one && log c three && touch "$MLOGS_WORLD/broken/b"
  run "${script[@]}" a b c --no-follow
  [ "$status" -eq 1 ]
  [ "$(sort <<<"$output")" = $'a app one\nb app error: b is broken\nc app three' ]
}

@test "the stdin of the terminal is left alone (fault 2)" {
  pod a && file a var/log one
  run bash -c 'echo keys | { "$@"; cat; }' _ "${script[@]}" a --file var/log --no-follow
  [ "$output" = $'a app log one\nkeys' ]
}

@test "a new pod is read from its start, an ended stream again (fault 4)" {
  pod a && log a old && log a one
  follow -l '' --tail 1
  shows 'a app one'
  pod b && log b first && log b second
  shows 'b app first'
  shows 'b app second'
  run ! has out 'a app old'
  kill $(tails)
  within 8 grep -q '^logs a -c app -f --since=' "$MLOGS_WORLD/calls"
  grep -q '^mlogs: a app: the stream ended, and is opened again' err
}

@test "a restarted container is read, one that has ended only once" {
  pod a id1 terminated && log a one
  follow -l ''
  shows 'a app one'
  sed -i 's/id1|terminated/id2|running/' "$MLOGS_WORLD/pods"
  # The played log is the same file: it is read again from its start.
  kill $(tails)
  within 8 count out 'a app one' 2
}

@test "a file goes on at its end" {
  pod a && file a var/log one
  follow a --file var/log
  shows 'a app log one'
  sleep 2.1
  kill $(tails)
  within 8 grep -q 'opened again' err
  within 8 goes_on
  count out 'a app log one' 1
}

goes_on() {
  file a var/log two
  has out 'a app log two'
}

@test "lines do not mix, though kubectl writes chunks and the reader is slow (fault 5)" {
  local p
  for p in a b c; do
    pod $p
    awk -v p=$p 'BEGIN { for (i = 0; i < 1500; i++) { s = sprintf("%s%05d", p, i); n = i % 7 * 700; while (length(s) < n) s = s p p p p p p p p p p; print s "." } }' >"$MLOGS_WORLD/logs/$p.app"
  done
  follow a b c --fifo pipe --fifo-only
  within 5 test -p pipe
  (while read -r line && printf '%s\n' "$line" && [ "$line" != 'c app end' ]; do :; done <pipe >got) 3>&- &
  local reader=$!
  within 20 finished
  echo 'c app end' >pipe
  wait "$reader"
  run ! grep -vE '^(a app a[0-9]{5}a*(\.|…\[cut\])|b app b[0-9]{5}b*(\.|…\[cut\])|c app c[0-9]{5}c*(\.|…\[cut\])|c app end)$' got
  [ "$(LC_ALL=C awk 'length($0) > 4095' got | wc -l)" -eq 0 ]
  [ "$(LC_ALL=C awk 'length($0) == 4095' got | wc -l)" -gt 300 ]
}

finished() { [ "$(grep -c '01499' got)" -eq 3 ]; }

@test "the reader does not end when all writers do, and anybody may write (fault 7)" {
  pod a && log a one
  follow a --fifo pipe
  shows 'a app one'
  kill $(tails)
  echo "deploy 42" >pipe
  shows 'fifo deploy 42'
  log a two
  shows 'a app two'
  kill -TERM "$main"
  ends 143
}

@test "printing what is there into the pipe waits for a reader, and can be stopped" {
  pod a && pod b && log a one && log b two
  follow a b --fifo pipe --fifo-only --no-follow
  within 5 test -p pipe
  sleep 0.3
  cat pipe >got
  ends 0
  [ "$(sort got)" = $'a app one\nb app two' ]
  [ ! -e pipe ]
  follow a --fifo pipe --fifo-only --no-follow
  within 5 test -p pipe
  sleep 0.3
  kill -TERM "$main"
  ends 143
  within 2 nothing_left
}

@test "nothing is left after the end, and the exit status tells which (fault 8)" {
  pod a && log a one && file a var/log one
  run "${script[@]}" a --no-follow --fifo pipe
  [ "$status" -eq 0 ] && [ ! -e pipe ]
  within 2 nothing_left
  local signal
  for signal in INT.130 TERM.143 HUP.129; do
    : >out
    follow a --fifo pipe --stdout --file var/log
    shows 'a app one'
    shows 'a app log one'
    [ "$(stat -c %a pipe)" = 600 ]
    kill "-${signal%.*}" "$main"
    ends "${signal#*.}"
    [ ! -e pipe ]
    within 5 nothing_left
    [ "$(grep -vc '^mlogs: the pipe' err)" -eq 0 ]
  done
}

@test "no process is left after SIGKILL, in no container (fault 9)" {
  pod a && pod b && log a one && file a var/log one && file b var/log one
  follow a b --stdout --file var/log
  shows 'a app one'
  shows 'a app log one'
  shows 'b app log one'
  [ "$(ours | wc -l)" -gt 10 ]
  kill -KILL "$main"
  within 5 nothing_runs
}

@test "a reader of the output that leaves ends it" {
  pod a && log a one && file a var/log one
  ("${script[@]}" a --file var/log 2>err || echo "status $?" >>err) 3>&- | head -1 >out &
  shows 'a app log one'
  file a var/log two # as with any program, the next line tells
  within 5 nothing_left
  run ! grep status err
}

@test "a file that is rotated is followed (fault 10)" {
  pod a && file a var/log one
  follow a --file var/log
  shows 'a app log one'
  mv "$MLOGS_WORLD/fs/a.app/var/log" "$MLOGS_WORLD/fs/a.app/var/log.1"
  file a var/log two
  shows 'a app log two'
}

@test "what kubectl and tail complain about has its source (fault 11)" {
  pod a && pod b && file a var/log one && touch "$MLOGS_WORLD/broken/c" && pod c
  run --separate-stderr "${script[@]}" a b c --file var/log --no-follow
  [ "$status" -eq 1 ]
  [ "$output" = 'a app log one' ]
  grep -q '^b app log tail: .*var/log.*No such file' <<<"$stderr"
  grep -qx 'c app log error: c is broken' <<<"$stderr"
}

@test "a pipe's place that is not ours is refused, and left as it is" {
  pod a
  touch file && mkfifo other && ln -s other link && ln -s nowhere dangling
  local path
  for path in file link dangling no/such/pipe .; do
    run "${script[@]}" a --no-follow --fifo "$path"
    [ "$status" -eq 1 ]
    [[ $output == *"$path: there must be nothing"* ]]
  done
  [ -f file ] && [ -p other ] && [ -h link ] && [ -h dangling ]
  chmod 666 other
  run "${script[@]}" a --no-follow --fifo other
  [ "$status" -eq 0 ] && [ -p other ] && [ "$(stat -c %a other)" = 600 ]
}

@test "a long line is cut with a mark, between characters" {
  pod a
  awk 'BEGIN { for (i = 0; i < 3000; i++) printf "ü"; print ""; print "next" }' >"$MLOGS_WORLD/logs/a.app"
  run "${script[@]}" a --no-follow
  [ "${lines[1]}" = 'a app next' ]
  [[ ${lines[0]} =~ ^'a app 'ü+'…[cut]'$ ]]
  local bytes
  bytes=$(LC_ALL=C && echo ${#lines[0]})
  [ "$bytes" -le 4095 ] && [ "$bytes" -ge 4090 ]
}

@test "bytes stay as they are, a NUL loses no text" {
  pod a
  printf '\001\033[31m\\t\t%%s\377\r\n\0\0x\0y\n $HOME `id`\nend' >"$MLOGS_WORLD/logs/a.app"
  "${script[@]}" a --no-follow | tr -d '\000' >got
  printf 'a app \001\033[31m\\t\t%%s\377\r\na app xy\na app  $HOME `id`\na app end\n' >want
  cmp got want
}

@test "a terminal gets no control sequences but colours" {
  pod a
  printf 'a\033[31mred\033]0;title\007\177\302\233x\n' >"$MLOGS_WORLD/logs/a.app"
  command -v script || { echo "install the Debian package bsdutils, for script" && false; }
  run timeout 10 script -qec "${script[*]} a --no-follow" /dev/null
  [ "${output%$'\r'}" = $'a app a\033[31mred^[]0;title^G^??x\033[0m' ]
}

@test "a source that fails is tried again, with pauses" {
  pod a && touch "$MLOGS_WORLD/broken/a" && log a one
  follow a
  within 8 grep -q 'a is broken' err
  rm "$MLOGS_WORLD/broken/a"
  shows 'a app one'
}

@test "a pod that is not there" {
  pod a && log a one
  run "${script[@]}" a nope --no-follow
  [ "$status" -eq 1 ]
  [ "$(sort <<<"$output")" = $'a app one\nmlogs: there is no pod nope' ]
  follow later
  within 8 grep -q 'no pod later yet' err
  pod later && log later here
  shows 'later app here'
}

@test "what is asked of kubectl" {
  pod a && log a one && log a two && file a var/log one
  run "${script[@]}" -n 'my ns' --context 'my ctx' --kubeconfig=/x/y a --tail=1 --since 5m --stdout --file var/log --no-follow
  [ "$status" -eq 0 ]
  [ "$(sort <<<"$output")" = $'a app log one\na app two' ]
  grep -qx -- '--namespace my ns --context my ctx --kubeconfig /x/y logs a -c app --tail=1 --since=5m' "$MLOGS_WORLD/calls"
}

@test "flags that do not fit together" {
  local args
  while read -r args; do
    # shellcheck disable=SC2086
    run timeout 5 "${script[@]}" $args
    [ "$status" -eq 1 ]
    [[ $output == mlogs:* ]]
  done <<'END'

a -l x
a --since 5m --file x
-l x --fifo
a --tail x
a --tail
a --nonsense
a --stdout=no
END
  run "${script[@]}" --help
  [ "$status" -eq 0 ]
  KUBECTL_PATH=/nowhere run "${script[@]}" a
  [ "$status" -eq 1 ]
}

@test "nothing that bash 3.2 has not" {
  run ! grep -nE 'declare -[Ag]|local -n|mapfile|readarray|wait -n|BASHPID|EPOCH|\$\{[a-z_]+(\^|,)|\|&|&>>|coproc|\[\[ -v|printf -v [a-z]+\[|\{[0-9]+\.\.[0-9]+\.\.' "$BATS_TEST_DIRNAME/mlogs.sh"
  # "${a[@]}" of an empty array is an error there under set -u. These are never empty.
  run ! grep -nE '"\$\{(names|files|containers|pids|sources)\[@\]\}"' <(grep -vE '\+"\$\{|for c in|-- "\$\{names' "$BATS_TEST_DIRNAME/mlogs.sh")
}

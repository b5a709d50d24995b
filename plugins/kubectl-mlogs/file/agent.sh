# shellcheck shell=sh
# The part of mlogs that runs inside a container. A shell reads it from stdin,
# and the end of stdin ends it: nothing stays behind when mlogs is gone. It needs
# dd, sleep, and stat or ls.
#
# Arguments: MARK OPERATION ARGUMENTS. What it tells are lines that begin with
# MARK, a random word; the bytes of a file come between the lines "at" and "end".
#
#   look FILE           the file, and what may be older parts of it
#   list PATTERN...     files, again whenever there are others
#   list1 PATTERN...    files
#   once FILE OFFSET    what is in the file from OFFSET on
#   tail FILE OFFSET [OLD [OFFSET]]
#                       that, and what is written from now on; OLD is the file
#                       that was renamed to make place for FILE, or without an
#                       offset FILE itself, which has lost its name
{
  m=$1 op=$2
  shift 2

  set -f

  say() { printf '%s %s\n' "$m" "$*"; }

  # tell is say, but once in a row.
  tell() {
    [ "$told" = "$*" ] && return
    told=$*
    say "$@"
  }

  # run waits for a command that TERM can end.
  run() {
    runs=1
    "$@" &
    wait "$!"
    set -- $?
    runs=''
    return "$1"
  }

  # ids prints "DEVICE:INODE SIZE" for each file that is there.
  ids() { stat -L -c '%d:%i %s' -- "$@" 2>/dev/null; }
  dated() { stat -L -c '%d:%i %s %Y' -- "$1" 2>/dev/null; }
  if ! stat -L -c %i / >/dev/null 2>&1; then
    ids() {
      for x in "$@"; do
        # shellcheck disable=SC2012 # find has no portable form for this
        ls -Ldin -- "$x" 2>/dev/null | { IFS=" " read -r i _ _ _ _ s _ && echo "$i $s"; }
      done
    }
    dated() { echo "$(ids "$1") 0"; }
    ls -Ldin / >/dev/null 2>&1 || op=bare
  fi
  command -v dd >/dev/null && command -v sleep >/dev/null || op=bare
  fast=0.25
  sleep 0.01 2>/dev/null || fast=1

  # why tells why a file cannot be read.
  why() {
    if [ -d "$1" ]; then
      tell directory
    elif [ -f "$1" ]; then
      tell denied
    elif [ -e "$1" ]; then
      tell special "$(readlink "$1" 2>/dev/null)"
    elif [ "${1%/*}" != "$1" ] && [ -d "${1%/*}/" ] && [ ! -x "${1%/*}/" ]; then
      tell denied
    else
      tell missing
    fi
  }

  # pump FD OFFSET SIZE sends what a file has got since OFFSET, with a little of
  # what is known: it proves that this is still the same text.
  pump() {
    [ "$3" -eq "$2" ] && return
    idle=0
    if [ "$3" -lt "$2" ]; then
      say shrunk "$1"
      exit 0
    fi
    k=$(($2 / 1024 - 1))
    [ "$k" -lt 0 ] && k=0
    say at "$1" $((k * 1024)) "$3"
    run dd if=/proc/self/fd/"$1" bs=1024 skip="$k" count=$((($3 + 1023) / 1024 - k)) 2>/dev/null || exit 1
    say end "$1"
  }

  # open6 opens a file as 6; unlike exec it does not end the shell when it cannot.
  open6() {
    [ -f "$1" ] && { exec 6<&3; } 2>/dev/null 3<"$1"
  }

  # tail uses descriptor 4 for the file, 5 for the one before it.
  tail() {
    f=$1 o4=$2 o5=$4 i4='' old='' idle=0 late=0 away=0
    if [ $# -eq 4 ] && open6 "$3"; then
      exec 5<&6
      old=/proc/self/fd/5
    fi
    until { [ $# -eq 3 ] && open6 "$3"; } || open6 "$f"; do
      why "$f"
      [ "$op" = once ] && return
      idle=$((idle + 1))
      [ $((idle % 30)) -eq 29 ] && say beat
      run sleep 1
    done
    exec 4<&6 6<&-
    idle=0
    while :; do
      # shellcheck disable=SC2046 # to be split
      set -- $(ids /proc/self/fd/4 $old "$f")
      [ "$1" = "$i4" ] || say open "$1"
      i4=$1 s4=$2
      idle=$((idle + 1))
      if [ "$old" ]; then
        late=$((late + 1))
        [ "$4" -eq "$o5" ] || late=0
        pump 5 "$o5" "$4"
        o5=$4
        shift 2
      fi
      pump 4 "$o4" "$s4"
      o4=$s4
      [ "$past" ] || say past
      past=1
      if [ "$op" = once ]; then
        say eof
        return
      fi
      if [ "$late" -gt 30 ] && [ "$o4" -gt 0 ]; then
        exec 5<&-
        old='' late=0
        say close
        look "$f"
      fi
      turn "$3"
      [ $((idle % 30)) -eq 29 ] && say beat
      if [ "$idle" -lt 20 ]; then run sleep "$fast"; else run sleep 1; fi
    done
  }

  # turn changes to the file that has taken the name, given by its id. The old one
  # is read on beside it: programs write to it until they open the new one.
  turn() {
    case $1 in
      "$i4")
        [ "$told" ] && i4='' # so that it is told again
        told='' away=0
        ;;
      '')
        away=$((away + 1))
        [ "$away" -gt 8 ] && tell gone
        ;;
      *)
        if open6 "$f"; then
          look "$f"
          say turn "$(ids /proc/self/fd/6)"
          exec 5<&4 4<&6 6<&-
          old=/proc/self/fd/5 o5=$o4 o4=0 i4='' late=0 told='' idle=0
        else
          why "$f"
        fi
        ;;
    esac
  }

  look() {
    set +f
    for x in "$1" "$1"[.-]* "${1%.*}"[.-]*; do
      [ -f "$x" ] && say file "$(dated "$x")" "$x"
    done
    set -f
    say looked
  }

  # list tells the ids, too: a renamed file is no new one.
  list() {
    IFS='
'
    n=0
    while :; do
      set +f
      new=$(for p in "$@"; do for x in $p; do [ -e "$x" ] && printf '%s\n' "$x"; done; done)
      set -f
      if [ "$new" != "$last" ] || [ -z "$seen" ]; then
        seen=1 last=$new
        for x in $new; do
          printf '%s path %s %s\n' "$m" "$(ids "$x")" "$x"
        done
        say listed
      fi
      [ "$op" = list1 ] && return
      run sleep 2
      n=$((n + 1))
      [ $((n % 15)) -eq 0 ] && say beat
    done
  }

  main() {
    # KILL, since a child that is not yet dd or sleep can miss TERM. Shells tell of it.
    trap 'exec 2>/dev/null; [ "$runs" ] && kill -9 "$!" && wait "$!"; exit 143' TERM
    say ready
    case $op in
      once | tail)
        look "$1"
        tail "$@"
        ;;
      look) look "$1" ;;
      list | list1) list "$@" ;;
      bare) say bare ;;
    esac
    say bye
  }

  # Whatever is started is waited for: what is not would stay as a zombie, since a
  # program that is process 1 seldom knows of other children than its own.
  #
  # TERM does not end a shell that is writing what nobody takes; KILL does, and it
  # has no child then. One that has a child is given time: on a busy machine ls and
  # stat take long, and would be orphans. Not without end, as on a dead NFS mount.
  exec 9<&0
  main "$@" 9<&- &
  p=$!
  {
    read -r _ <&9
    trap 'kill -9 "$!"; wait "$!"; exit' TERM
    kill "$p"
    for _ in 1 2 3 4 5 6 7 8 9 10; do
      sleep 1 &
      wait "$!"
      c=unknown
      read -r c </proc/"$p"/task/"$p"/children
      [ "$c" ] || break
    done
    kill -9 "$p"
  } 2>/dev/null &
  w=$!
  exec 9<&-
  wait "$p"
  r=$?
  kill "$w" 2>/dev/null
  wait "$w"
  exit "$r"
}

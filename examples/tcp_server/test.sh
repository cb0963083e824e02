#!/bin/sh
# Runs the TCP server and its client on the loopback interface: 1,000 connections open at the same time, every reply
# checked; then a second client whose connections are open when the server is told to stop.
#
#     test.sh <build directory>
#
# Uses <build directory>/tcp_server and tcp_client; compiles them with ${CC:-cc} ${CFLAGS} ${LDFLAGS} if they are not
# there, or older than their sources.
# RUN is put before both programs (RUN="valgrind -q --error-exitcode=9"). Prints one line; exits with 0 or 1.
set -u

here=$(cd "$(dirname "$0")" && pwd)
build=${1:?"usage: test.sh <build directory>"}
mkdir -p "$build" && work=$(mktemp -d) || exit 1
connections=1000 messages=5 held=300 server_pid=
descriptors=1024   # for the server: fewer than the connections of both clients, so it has to close those of the first

finish() {
    [ -z "$server_pid" ] || kill "$server_pid" 2>/dev/null
    rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' INT TERM

fail() {
    echo "tcp_server: FAILED: $1"
    for log in "$work"/*; do sed "s|^|    $(basename "$log"): |" "$log" | head -n 10; done
    exit 1
}

# Waits up to 20 seconds for a line that matches $2 in the file $1.
wait_for_line() {
    tenths=0
    until grep -q "$2" "$1" 2>/dev/null; do
        tenths=$((tenths + 1))
        [ "$tenths" -le 200 ] || return 1
        sleep 0.1
    done
}

for program in server client; do
    binary=$build/tcp_$program
    [ -x "$binary" ] && [ -z "$(find "$here" "$here/../../asyncx.h" -name '*.[ch]' -newer "$binary")" ] ||
        ${CC:-cc} -std=c99 -O2 ${CFLAGS:-} -I"$here/../.." -o "$binary" "$here/$program.c" -pthread ${LDFLAGS:-} ||
        fail "compiling $program.c"
done

(ulimit -n $descriptors && exec timeout -k 5 120 ${RUN:-} "$build/tcp_server" 0) \
    >"$work/server" 2>"$work/server_errors" &
server_pid=$!
wait_for_line "$work/server" '^listening on' || fail "the server does not listen"
port=$(sed -n 's/^listening on 127\.0\.0\.1://p' "$work/server")

timeout -k 5 50 ${RUN:-} "$build/tcp_client" "$port" $connections $messages >"$work/client" 2>&1 ||
    fail "the client exits with $?"
expected="$connections connections, $connections open at the same time"
expected="$expected, $((connections * (messages + 1))) replies checked, 0 failed"
grep -qx "$expected" "$work/client" || fail "the client's counts"

timeout -k 5 50 ${RUN:-} "$build/tcp_client" "$port" $held $messages hold >"$work/held" 2>&1 &
held_pid=$!
wait_for_line "$work/held" '^holding' || fail "the second client does not hold its connections"
kill -TERM "$server_pid"
wait "$held_pid" || fail "the second client exits with $?"
wait "$server_pid" || fail "the server exits with $?"
server_pid=
expected="served $((connections + held)) connections, at most $connections at a time"
expected="$expected, $(((connections + held) * (messages + 1))) lines; $held canceled, 0 failed"
grep -qx "$expected" "$work/server" || fail "the server's counts"

echo "tcp_server: ok: $connections connections at once, $((connections * (messages + 1))) replies checked;" \
    "$held connections open at the stop, all closed"

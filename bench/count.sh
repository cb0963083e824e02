#!/bin/sh
# Prints `name instructions_per_operation` for every workload of a program, exactly: valgrind counts the instructions
# of two runs whose sizes differ, and the difference belongs to the operations alone.
#
#   usage: count.sh PROGRAM [ARGUMENT...]
#
# The program is run as `PROGRAM ARGUMENT... NAME COUNT`. Its names come from `PROGRAM ARGUMENT... list`, `name unit` in
# each line, or, where it has no such list, from the table in workloads.c beside this script. COUNT is a multiple of
# the unit. Exits with 1 when a workload fails, with 3 when there is no valgrind.
set -u

here=$(dirname "$0")
if [ $# -lt 1 ]; then
    echo "usage: $0 PROGRAM [ARGUMENT...]" >&2
    exit 2
fi
if ! command -v valgrind >/dev/null 2>&1; then
    echo "$0: valgrind is missing" >&2
    exit 3
fi

names=$("$@" list 2>/dev/null) || names=$(awk '
    /workloads\[\] = \{/ { inside = 1 }
    inside && /^};/ { inside = 0 }
    inside {
        while (match($0, /"[a-z0-9_]+"/)) {
            print substr($0, RSTART + 1, RLENGTH - 2), 1000
            $0 = substr($0, RSTART + RLENGTH)
        }
    }' "$here/workloads.c")
if [ -z "$names" ]; then
    echo "$0: no workloads found" >&2
    exit 1
fi

# Prints the instructions of one whole run.
instructions() {
    valgrind --tool=cachegrind --cache-sim=no --cachegrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
        awk '/I +refs:/ { gsub(",", "", $NF); print $NF; found = 1 } END { exit !found }'
}

# valgrind ends with the program's own status, which the pipe above hides: so each workload runs once without it.
echo "$names" | while read -r name unit; do
    size=$unit
    [ "$size" -ge 10000 ] || size=10000
    "$@" "$name" "$size" || { echo "$0: $name failed" >&2; exit 1; }
    one=$(instructions "$@" "$name" "$size") || { echo "$0: $name was not counted" >&2; exit 1; }
    two=$(instructions "$@" "$name" $((2 * size))) || { echo "$0: $name was not counted" >&2; exit 1; }
    awk -v name="$name" -v one="$one" -v two="$two" -v size="$size" \
        'BEGIN { printf "%s %.2f\n", name, (two - one) / size }'
done

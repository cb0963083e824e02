#!/bin/sh
# Measures what a continuation costs, and writes continuation.md and inline_vs_queued.svg.
#
#   usage: report.sh BUILD_DIRECTORY OUTPUT_DIRECTORY
#
# BUILD_DIRECTORY holds the bench program, as `bench` or `all`; BENCH_PROGRAM names it otherwise. BENCH_FLAGS is what
# the report says it was compiled with. Fails without writing anything when a count is wrong or something allocates.
set -eu

if [ $# -ne 2 ]; then
    echo "usage: $0 BUILD_DIRECTORY OUTPUT_DIRECTORY" >&2
    exit 2
fi
here=$(dirname "$0")
output=$2
bench=${BENCH_PROGRAM:-}
for candidate in "$1/bench" "$1/all"; do
    if [ -z "$bench" ] && [ -f "$candidate" ] && [ -x "$candidate" ]; then
        bench=$candidate
    fi
done
if [ -z "$bench" ]; then
    echo "$0: no bench program in $1" >&2
    exit 1
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM

"$bench" facts | sed "s/ *$//" >"$scratch/facts"

# Time first, alone: nothing of this script runs beside it.
echo "measuring time ..." >&2
if ! BENCH_ROWS=$scratch/rows "$bench" --benchmark-no-analysis --benchmark-samples 51 --benchmark-warmup-time 20 \
    >"$scratch/log" 2>&1; then
    cat "$scratch/log" >&2
    exit 1
fi

: >"$scratch/single_threaded"
: >"$scratch/thread_safe"
missing=
valgrind=
if command -v valgrind >/dev/null 2>&1; then
    echo "counting instructions ..." >&2
    valgrind=$(valgrind --version)
    sh "$here/count.sh" "$bench" single_threaded >"$scratch/single_threaded" &
    first=$!
    sh "$here/count.sh" "$bench" thread_safe >"$scratch/thread_safe"
    wait "$first"
else
    missing="valgrind is missing"
fi

cpu=$(awk -F ': *' '/^model name/ { print $2; exit }' /proc/cpuinfo 2>/dev/null) || cpu=
[ -n "$cpu" ] || cpu=$(sysctl -n machdep.cpu.brand_string 2>/dev/null) || cpu=$(uname -m)
system_name=$(uname -sm)
if [ -r /etc/os-release ]; then
    system_name="$(. /etc/os-release && echo "$PRETTY_NAME"), $system_name"
fi

flags=$(echo "${BENCH_FLAGS:-}" | sed "s/ *$//")

# The variables go through the environment of awk's command line as they are: none of them has a backslash.
write() {
    awk -v cpu="$cpu" -v system_name="$system_name" -v date="$(date -u +%Y-%m-%d)" -v flags="$flags" \
        -v valgrind="$valgrind" -v counts_missing="$missing" -f "$here/$1" part=facts "$scratch/facts" \
        part=rows "$scratch/rows" part=single_threaded "$scratch/single_threaded" \
        part=thread_safe "$scratch/thread_safe"
}
write table.awk >"$scratch/continuation.md"
write picture.awk >"$scratch/inline_vs_queued.svg"

mkdir -p "$output"
cp "$scratch/continuation.md" "$scratch/inline_vs_queued.svg" "$output"
echo "$output/continuation.md and $output/inline_vs_queued.svg are written" >&2

#!/bin/sh
# Counts the instructions of workloads.c as README's table does, and fails when one exceeds its mark.
#
#   usage: marks.sh COMPILER OUTPUT_DIRECTORY     (from the root of the tree)
set -eu
compiler=$1
out=$2
mkdir -p "$out"
"$compiler" -std=c11 -O2 -DASYNCX_SINGLE_THREADED=1 -I. bench/workloads.c -o "$out/workloads"
sh bench/count.sh "$out/workloads" > "$out/counts"
awk '
    BEGIN {
        mark["resume_suspend"] = 17; mark["child_at_once"] = 46; mark["child_suspends"] = 76
        mark["chain_level"] = 58; mark["leaf_under_100"] = 25; mark["source_inline"] = 50
        mark["source_queued"] = 68; mark["versioned_cycle"] = 72; mark["ring_hop"] = 60
    }
    $1 in mark {
        printf "%-16s %6.2f of at most %d%s\n", $1, $2, mark[$1], ($2 > mark[$1] ? "   TOO MANY" : "")
        failed += ($2 > mark[$1])
        delete mark[$1]
    }
    END {
        for (name in mark) { print name " was not counted"; failed++ }
        exit failed > 0
    }' "$out/counts"

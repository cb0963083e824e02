#!/bin/sh
# summary.sh DIRECTORY RESULT...: adds up the result files that check.sh wrote, one line for each group of checks.
#
# A result that is missing counts as one failure: its program did not compile. The last line is "N passed, N failed",
# and the exit status is 0 only when nothing failed and something passed.
directory=$1
shift
{
    find "$directory" -name '*skipped' -exec cat {} + | sort -u
    for result in "$@"; do
        name=${result#"$directory"/}
        name=${name%.result}
        if [ -f "$result" ]; then
            read -r passed failed <"$result"
            echo "${name%%/*} $passed $failed $name"
        else
            echo "${name%%/*} 0 1 $name (did not build)"
        fi
    done
} | awk '
    /^skipped: / { skipped[++skips] = $0; next }
    !($1 in passed) { order[++groups] = $1 }
    { passed[$1] += $2; failed[$1] += $3; all_passed += $2; all_failed += $3 }
    $3 > 0 { name = $0; sub(/^[^ ]+ [0-9]+ [0-9]+ /, "", name); bad[++bads] = name }
    END {
        for (i = 1; i <= groups; i++)
            printf "%-16s %5d passed %5d failed\n", order[i], passed[order[i]], failed[order[i]]
        for (i = 1; i <= bads; i++)
            print "failed: " bad[i]
        for (i = 1; i <= skips; i++)
            print skipped[i]
        printf "%d passed, %d failed\n", all_passed, all_failed
        exit all_failed > 0 || all_passed == 0
    }'

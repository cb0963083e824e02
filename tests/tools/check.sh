#!/bin/sh
# check.sh RESULT COMMAND...: runs one check and writes "<passed> <failed>" to the file RESULT, its output to RESULT.log.
#
# A command that reports counts itself (Catch2, or a last line "N passed, N failed") is counted by them, any other one
# is a single check that passes when its exit status is 0. The exit status of this script is always 0: the sum of the
# results decides, see summary.sh.
result=$1
shift
mkdir -p "$(dirname "$result")"
rm -f "$result"
name=${result%.result}
name=${name#build/results/*/}

# A check that hangs is a failure, not the end of the run.
limit=
if command -v timeout >/dev/null 2>&1; then
    limit="timeout -k 10 ${CHECK_SECONDS:-420}"
fi
$limit "$@" >"$result.log" 2>&1
status=$?

counts=$(awk '
    /^All tests passed \(/ { for (i = 1; i < NF; i++) if ($(i + 1) == "test") passed = $i; failed = 0; seen = 1 }
    /^test cases: / {
        passed = failed = 0
        for (i = 1; i < NF; i++) {
            if ($(i + 1) == "passed") passed = $i
            if ($(i + 1) == "failed" && $(i + 2) != "as") failed = $i
        }
        seen = 1
    }
    /^[0-9]+ passed, [0-9]+ failed$/ { passed = $1; failed = $3; seen = 1 }
    END { if (seen) print passed + 0, failed + 0 }' "$result.log")
if [ -z "$counts" ]; then
    if [ $status -eq 0 ] && ! grep -q '^No tests ran' "$result.log"; then counts="1 0"; else counts="0 1"; fi
fi
passed=${counts% *}
failed=${counts#* }
# A program that counts no failure and still ends badly crashed, or leaked, or found a race.
if [ $status -ne 0 ] && [ "$failed" -eq 0 ]; then
    failed=1
fi

if [ "$failed" -ne 0 ]; then
    echo "FAILED $name (exit status $status)"
    tail -n "${LOG_LINES:-60}" "$result.log" | sed 's/^/    /'
elif [ -z "$QUIET" ]; then
    echo "ok     $name ($passed)"
fi
grep "^skipped: " "$result.log" >"$result.skipped" || rm -f "$result.skipped"
echo "$passed $failed" >"$result"
exit 0

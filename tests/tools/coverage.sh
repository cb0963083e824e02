#!/bin/sh
# coverage.sh BUILD_DIRECTORY...: sums what gcov counted for asyncx.h over all files of all builds, prints the lines and
# branches that were reached, names those that were not, and fails below COVERAGE_MIN percent of branches.
#
# gcov shows a header once for each file that includes it, with counts of their own. A line is reached when one of them
# reached it, and so is the n-th branch of a line. A branch that only a C++ exception would take is none of the header's.
# Several conditions of one line are told apart by their order, within one function instance.
counts=build/coverage.txt
find "$@" -name '*.gcda' | while read -r data; do
    case $data in *catch2*) continue ;; esac
    ${GCOV:-gcov} -b -c -t -r -o "$(dirname "$data")" "$data" 2>/dev/null
done >"$counts"

awk -v minimum="${COVERAGE_MIN:-95}" '
    function keep(    i) {
        for (i = 1; i <= pending; i++) {
            key = line ":" i
            if (!(key in branch)) { branch[key] = 0; branches++ }
            if (taken[i] > 0) branch[key] = 1
        }
        pending = 0
    }
    / 0:Source:/ { keep(); inside = $0 ~ /asyncx\.h$/; next }
    !inside { next }
    /^branch / {
        # branch  0 taken 12 (fallthrough) | branch  1 never executed | branch  2 taken 0 (throw)
        if ($0 ~ /\(throw\)/) {
            if (pending > 0 && was_fallthrough) pending--
        } else
            taken[++pending] = $3 == "taken" ? $4 : 0
        was_fallthrough = $0 ~ /\(fallthrough\)/
        next
    }
    /^(call|unconditional|function) / { next }
    /^-+$/ { next }
    {
        # "     12*:   87:text": the count, the line, its text
        split($0, field, ":")
        number = field[2] + 0
        count = field[1]
        gsub(/[ *]/, "", count)
        if (number == 0) next
        keep()
        line = number
        if (count == "-" || count == "") next
        if (!(line in reached)) { reached[line] = 0; lines++; text[line] = substr($0, index($0, field[2] ":") + length(field[2]) + 1) }
        if (count ~ /^[0-9]/ && count + 0 > 0) reached[line] = 1
    }
    END {
        keep()
        if (!lines || !branches) { print "no coverage data for asyncx.h"; print "0 passed, 1 failed"; exit 1 }
        for (l in reached) lines_reached += reached[l]
        for (b in branch) {
            branches_reached += branch[b]
            if (!branch[b]) { split(b, at, ":"); missing[at[1]]++ }
        }
        last = 0
        for (l in text) if (l + 0 > last) last = l + 0
        for (l = 1; l <= last; l++)
            if ((l in reached && !reached[l]) || l in missing)
                printf "asyncx.h:%d: %s %s\n", l, reached[l] ? "branch:" : "line:  ", text[l]
        line_percent = 100 * lines_reached / lines
        branch_percent = 100 * branches_reached / branches
        printf "asyncx.h: lines %.1f%% (%d of %d), branches %.1f%% (%d of %d), minimum %s%%\n",
            line_percent, lines_reached, lines, branch_percent, branches_reached, branches, minimum
        good = branch_percent >= minimum
        print good ? "1 passed, 0 failed" : "0 passed, 1 failed"
        exit !good
    }' "$counts"

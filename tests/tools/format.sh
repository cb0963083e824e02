#!/bin/sh
# format.sh FILE...: checks what every file keeps: at most 120 columns, no tab, no space at the end of a line.
awk '
    length($0) > 120 { print FILENAME ":" FNR ": longer than 120 columns"; bad++ }
    /\t/ { print FILENAME ":" FNR ": a tab"; bad++ }
    / $/ { print FILENAME ":" FNR ": a space at the end"; bad++ }
    END { exit bad > 0 }' "$@"

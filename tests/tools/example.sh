#!/bin/sh
# example.sh SOURCE PROGRAM: passes when PROGRAM succeeds and prints what the last comment of SOURCE says, line by line.
#
# The comment has the form
#     /* Output:
#      * one line
#      * another
#      */
source=$1
program=$2
expected=$program.expected
actual=$program.actual
awk '
    /^\/\* Output:/ { text = ""; inside = 1; found = 1; next }
    inside && /^ \*\// { inside = 0; next }
    inside { sub(/^ \* ?/, ""); text = text $0 "\n" }
    END { if (!found) exit 1; printf "%s", text }' "$source" >"$expected" || {
    echo "$source does not end in an /* Output: comment"
    exit 1
}
"$program" </dev/null >"$actual" || { echo "$program: exit status $?"; exit 1; }
diff -u "$expected" "$actual"

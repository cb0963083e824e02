#!/bin/sh
# names.sh SOURCE...: checks that each public name of asyncx.h occurs in one of the files SOURCE.
#
# Public is what is defined at the start of a line, as a macro, a function or a type, and does not end in an underscore.
awk '
    FILENAME == "asyncx.h" {
        name = ""
        if (match($0, /^ *# *define (asyncx|ASYNCX)_[A-Za-z0-9_]+/)) {
            name = substr($0, 1, RLENGTH)
            sub(/^ *# *define /, "", name)
        } else if ($0 ~ /^static inline / && match($0, /asyncx_[a-z0-9_]+\(/)) {
            name = substr($0, RSTART, RLENGTH - 1)
        } else if (match($0, /^} asyncx_[a-z0-9_]+;/)) {
            name = substr($0, 3, RLENGTH - 3)
        } else if (match($0, /^    (ASYNCX_[A-Z0-9_]+)( = [0-9x]+)?,? *(\/\*.*)?$/)) {
            name = $1
            sub(/,$/, "", name)
        }
        # The include guard, pieces that are pasted, and types that only the library itself spells.
        if (name == "" || name ~ /_$/)
            next
        if (name ~ /^ASYNCX_(H|IS_VOID_void|CALL_[0-9]+|EMPTY_[0-9]+|RETURN_EMPTY_[0-9]|KIND_.*|MISUSE_COUNT)$/)
            next
        if (name ~ /^asyncx_(source|operation|step|site)$/)
            next
        public[name] = 1
        next
    }
    {
        text = $0
        gsub(/-D/, " ", text)
        while (match(text, /[A-Za-z_][A-Za-z0-9_]*/)) {
            word = substr(text, RSTART, RLENGTH)
            used[word] = 1
            # The short names stand for the long ones.
            if (word ~ /^ASYNC(_[A-Z]+)*$|^AWAIT/) {
                long = word
                if (word == "ASYNC") long = "ASYNCX_ASYNC"
                else if (word ~ /^ASYNC_/) sub(/^ASYNC_/, "ASYNCX_", long)
                else long = "ASYNCX_" word
                used[long] = 1
            }
            text = substr(text, RSTART + RLENGTH)
        }
    }
    END {
        for (name in public)
            if (name in used) passed++
            else { print "not used by the conformance sources: " name; failed++ }
        printf "%d passed, %d failed\n", passed, failed
        exit failed > 0 || passed == 0
    }' asyncx.h "$@"

# Writes continuation.md. Reads the facts, the rows and the counts of both configurations, in this order: the variable
# `part` on awk's command line says which file is which.

BEGIN { FS = "\t" }

part == "facts" && $1 == "size" { sizes = sizes sprintf("%s %s %d", sizes == "" ? "" : ";", $2, $3) }
part == "facts" && $1 != "size" { fact[$1] = $2 }

part == "rows" {
    key = $1 SUBSEP $2
    if (!($2 in title)) {
        title[$2] = $3
        order[++names] = $2
    }
    baseline[$2] = $4
    bytes[$2] = $5
    allocations[$2] += $6
    time[key] = sprintf("%s (%s to %s)", rounded($8), rounded($7), rounded($9))
    samples = $10
}

part == "single_threaded" || part == "thread_safe" {
    split($0, word, " ")
    count[part, word[1]] = word[2]
}

function rounded(ns) { return sprintf(ns < 9.95 ? "%.2f" : "%.1f", ns) }

function instructions(configuration, name) {
    if (counts_missing != "")
        return counts_missing
    if (!((configuration, name) in count)) {
        print "no count of " name ", " configuration > "/dev/stderr"
        failed = 1
        return ""
    }
    text = sprintf("%.2f", count[configuration, name])
    sub(/\.?0+$/, "", text)
    return text
}

function thousands(number,    text) {
    text = number ""
    while (match(text, /[0-9][0-9][0-9][0-9]($|,)/))
        text = substr(text, 1, RSTART) "," substr(text, RSTART + 1)
    return text
}

# Prints a paragraph or list item in lines of at most 116 columns.
function wrapped(first, text,    words, n, i, line, indent) {
    indent = first
    gsub(/./, " ", indent)
    n = split(text, words, " ")
    line = first words[1]
    for (i = 2; i <= n; i++) {
        if (length(line) + 1 + length(words[i]) > 116) {
            print line
            line = indent words[i]
        } else {
            line = line " " words[i]
        }
    }
    print line
}

END {
    print "# What does a continuation cost?"
    print ""
    wrapped("", "One row is one operation, repeated; the row says all that happens in it. *Single-threaded* is the " \
        "library with `ASYNCX_SINGLE_THREADED=1`; *thread-safe* is its default, in which any thread, signal handler " \
        "or interrupt may complete what is awaited. The first rows are yardsticks without a line of the library: a " \
        "call, and the floor, an intrusive callback machine written by hand that has no status, no error, no " \
        "executor, no check and no stack bound.")
    print ""
    print "| | |"
    print "|---|---|"
    print "| processor | " cpu " |"
    print "| system | " system_name " |"
    print "| compiler | " fact["compiler"] ", compiling the operations as C++ |"
    print "| flags | " (flags != "" ? "`" flags "`" : "not recorded; optimised: " fact["optimised"]) " |"
    print "| library | asyncx " fact["version"] ", " fact["options"] " |"
    print "| date | " date " |"
    print ""
    print "| operation | ns, single-threaded | instructions | ns, thread-safe | instructions | bytes | allocations |"
    print "|---|---:|---:|---:|---:|---:|---:|"
    for (i = 1; i <= names; i++) {
        name = order[i]
        printf "| %s | %s | %s |", title[name], time["single_threaded", name], instructions("single_threaded", name)
        if (baseline[name])
            printf " the same | the same |"
        else
            printf " %s | %s |", time["thread_safe", name], instructions("thread_safe", name)
        printf " %s | %d |\n", thousands(bytes[name]), allocations[name]
    }
    print ""
    wrapped("- ", "**ns**: median of " samples " samples, and in parentheses the quartiles between which the middle " \
        "half of them lies. The samples are those of Catch2's benchmarking, each a call of 10,000 operations (or one " \
        "whole chain or round of all tasks where that is more), loop included. Each row counts its operations in " \
        "memory; where little else is to do, the time is that of this chain of additions. A chain or a set of tasks " \
        "that outgrows the processor's caches waits for memory: the nanoseconds rise while the instructions stay.")
    if (counts_missing != "")
        wrapped("- ", "**instructions**: " counts_missing ", so none are counted.")
    else
        wrapped("- ", "**instructions**: exact; counted by " valgrind " in the same program at two sizes and " \
            "subtracted, loop included.")
    wrapped("- ", "**bytes**: the objects that one such operation lives in, with parameters and locals; for a chain " \
        "and for live tasks those of one level or task. All of them are the caller's own.")
    wrapped("- ", "**allocations**: calls of malloc and its kin during all runs. A run that allocates, or that does " \
        "not count the operations it should, fails instead of giving a number.")
    wrapped("- ", "**sizes** of the library's own objects, in bytes:" sizes ".")
    exit failed
}

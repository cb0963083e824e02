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

END {
    print "# What does a continuation cost?"
    print ""
    print "One row is one operation, repeated; its row says all that happens in it. *Single-threaded* is the library with"
    print "`ASYNCX_SINGLE_THREADED=1`; *thread-safe* is its default, in which any thread, signal handler or interrupt may"
    print "complete what is awaited. The first rows are yardsticks without a line of the library: a call, and the floor, an"
    print "intrusive callback machine written by hand that has no status, no error, no executor, no check and no stack bound."
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
    print "- **ns**: median of " samples " samples, and in parentheses the quartiles between which the middle half of them"
    print "  lies. The samples are those of Catch2's benchmarking, each a call of at least 10,000 operations (a million in the"
    print "  two rows of a million), loop included. Each row counts its operations in memory; where little else is to do, the"
    print "  time is that of this chain of additions. A chain or a set of tasks that outgrows the processor's caches waits"
    print "  for memory: the nanoseconds rise while the instructions stay."
    if (counts_missing != "")
        print "- **instructions**: " counts_missing ", so none are counted."
    else
        print "- **instructions**: exact; counted by " valgrind " in the same program at two sizes and subtracted, loop included."
    print "- **bytes**: the objects that one such operation lives in, with parameters and locals; for a chain and for live tasks"
    print "  those of one level or task. All of them are the caller's own."
    print "- **allocations**: calls of malloc and its kin during all runs. A run that allocates, or that does not count the"
    print "  operations it should, fails instead of giving a number."
    print "- **sizes of the library's own objects**, in bytes:" sizes "."
    exit failed
}

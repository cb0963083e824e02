# Writes inline_vs_queued.svg. Reads the facts, the rows and the counts of both configurations, in this order: the
# variable `part` on awk's command line says which file is which.

BEGIN { FS = "\t" }

part == "facts" { fact[$1] = $2 }

part == "rows" {
    ns[$1, $2] = $8
    low[$1, $2] = $7
    high[$1, $2] = $9
}

part == "single_threaded" || part == "thread_safe" {
    split($0, word, " ")
    count[part, word[1]] = word[2]
}

function bar(name, label, class) {
    bars++
    name_of[bars] = name
    label_of[bars] = label
    class_of[bars] = class
}

function escaped(text) {
    gsub(/&/, "\\&amp;", text)
    gsub(/</, "\\&lt;", text)
    return text
}

function value_text(value) {
    return panel == "ns" ? sprintf(value < 9.95 ? "%.1f" : "%.0f", value) : sprintf("%.0f", value)
}

# One bar of one panel, with its value behind it; times with the line from quartile to quartile.
function draw(configuration, name, class, y, height,    value, width, end) {
    value = panel == "ns" ? ns[configuration, name] : count[configuration, name]
    if (value == "") {
        print "no value of " name ", " configuration > "/dev/stderr"
        failed = 1
        return
    }
    width = value * scale
    end = left + width
    printf "<rect class=\"%s%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>\n", class,
        configuration == "thread_safe" ? " safe" : "", left, y, width, height
    if (panel == "ns" && (high[configuration, name] - low[configuration, name]) * scale >= 2) {
        printf "<path class=\"spread\" d=\"M%.1f %.1fH%.1f\"/>\n", left + low[configuration, name] * scale,
            y + height / 2, left + high[configuration, name] * scale
        if (left + high[configuration, name] * scale > end)
            end = left + high[configuration, name] * scale
    }
    printf "<text class=\"value\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", end + 6, y + height / 2 + 4, value_text(value)
}

function draw_panel(which, x, title,    i, y, most, value, name) {
    panel = which
    left = x
    most = 0
    for (i = 1; i <= bars; i++) {
        name = name_of[i]
        value = panel == "ns" ? high["single_threaded", name] : count["single_threaded", name]
        if (value + 0 > most)
            most = value + 0
        value = panel == "ns" ? high["thread_safe", name] : count["thread_safe", name]
        if (value + 0 > most)
            most = value + 0
    }
    printf "<text class=\"head\" x=\"%d\" y=\"%d\">%s</text>\n", x, top - 14, title
    if (most == 0) {
        printf "<text class=\"note\" x=\"%d\" y=\"%d\">%s</text>\n", x + 8, top + 20, escaped(counts_missing)
    } else {
        scale = panel_width / most
        y = top
        for (i = 1; i <= bars; i++) {
            if (class_of[i] == "hand") {
                draw("single_threaded", name_of[i], "hand", y + 2, 18)
                y += hand_row
            } else {
                draw("single_threaded", name_of[i], class_of[i], y + 3, 18)
                draw("thread_safe", name_of[i], class_of[i], y + 22, 18)
                y += library_row
            }
        }
    }
    printf "<path class=\"axis\" d=\"M%.1f %dV%d\"/>\n", x - 0.5, top - 4, bottom
}

function note(y, text) {
    printf "<text class=\"note\" x=\"28\" y=\"%d\">%s</text>\n", y, escaped(text)
}

function legend(x, class, text) {
    printf "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"14\" height=\"14\" rx=\"2\"/>", class, x, 85
    printf "<text class=\"label\" x=\"%d\" y=\"%d\">%s</text>\n", x + 20, 97, text
}

END {
    bar("plain_call", "function call", "hand")
    bar("pointer_call", "function pointer", "hand")
    bar("floor_inline", "by hand, inline", "hand")
    bar("floor_queued", "by hand, queued", "hand")
    bar("source_inline", "completion source, inline", "inline")
    bar("source_queued", "completion source, queued", "queued")
    bar("versioned_cycle", "versioned source, inline", "inline")
    bar("versioned_queued", "versioned source, queued", "queued")

    width = 960
    top = 152
    hand_row = 26
    library_row = 50
    panel_width = 280
    bottom = top
    for (i = 1; i <= bars; i++)
        bottom += class_of[i] == "hand" ? hand_row : library_row
    height = bottom + 92

    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" " \
        "aria-label=\"What an inline and a queued continuation cost\">\n", width, height, width, height
    # The picture brings its own background, so that its colours never meet one that they were not made for.
    print "<style>"
    print "text { font-family: system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif; }"
    print "text { fill: #1f2328; }"
    print ".card { fill: #ffffff; stroke: #d1d9e0; }"
    print ".title { font-size: 22px; font-weight: 600; }"
    print ".head { font-size: 14px; font-weight: 600; }"
    print ".label { font-size: 13px; }"
    print ".value { font-size: 12px; font-weight: 600; font-variant-numeric: tabular-nums; }"
    print ".note { font-size: 12px; fill: #59636e; }"
    print ".axis { stroke: #818b98; fill: none; }"
    print ".spread { stroke: #1f2328; stroke-width: 1.5; fill: none; }"
    print ".hand { fill: #8c959f; } .inline { fill: #0f766e; } .queued { fill: #c2570c; } .safe { fill-opacity: 0.5; }"
    print "@media (prefers-color-scheme: dark) {"
    print "text { fill: #e6edf3; } .card { fill: #151b23; stroke: #3d444d; } .note { fill: #9198a1; }"
    print ".axis { stroke: #656c76; } .spread { stroke: #e6edf3; }"
    print ".hand { fill: #7d8590; } .inline { fill: #2dd4bf; } .queued { fill: #fb923c; }"
    print "}"
    print "</style>"
    printf "<rect class=\"card\" x=\"0.5\" y=\"0.5\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n", width - 1, height - 1
    print "<text class=\"title\" x=\"28\" y=\"42\">What does a continuation cost?</text>"
    note(64, "One operation: it is awaited, completed with a result, and the waiter goes on, inside the completing " \
        "call (inline) or from a run queue (queued).")
    legend(28, "hand", "without the library")
    legend(194, "inline", "inline")
    legend(274, "queued", "queued")
    legend(366, "queued safe", "faint: thread-safe, which is the default; full: single-threaded")

    y = top
    for (i = 1; i <= bars; i++) {
        printf "<text class=\"label\" x=\"28\" y=\"%d\">%s</text>\n", y + (class_of[i] == "hand" ? 15 : 25), label_of[i]
        y += class_of[i] == "hand" ? hand_row : library_row
    }
    draw_panel("ns", 212, "nanoseconds")
    draw_panel("instructions", 588, "instructions")

    note(bottom + 34, "By hand: an intrusive callback machine without status, error, executor, check or stack bound. " \
        "No row allocates.")
    note(bottom + 53, "Nanoseconds are medians, the line spans their quartiles" \
        (counts_missing == "" ? "; instructions are exact, counted by valgrind" : "") ". The loop is included in both.")
    note(bottom + 72, "asyncx " fact["version"] ", " fact["compiler"] (flags != "" ? " " flags : "") ", " cpu ", " date)
    print "</svg>"
    exit failed
}

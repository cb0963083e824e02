#!/bin/sh
# Compiles every ```c block of README.md as C and as C++; runs the one that has a main and compares what it prints with
# the ```text block that follows it.
#
#   usage: readme.sh OUTPUT_DIRECTORY     (from the root of the tree; CC and CXX name the compilers)
set -eu
out=$1
mkdir -p "$out"
rm -f "$out"/block*
awk -v out="$out" '
    /^```c$/ { inside = 1; name = sprintf("%s/block%02d.c", out, ++n); next }
    /^```text$/ { inside = 1; name = sprintf("%s/block%02d.text", out, n); next }
    /^```$/ { inside = 0; next }
    inside { print > name }' README.md
warnings="-Wall -Wextra -Wpedantic -Werror -I."
count=0
for block in "$out"/block*.c; do
    ${CC:-cc} -std=c11 $warnings -c "$block" -o "$block.o"
    ${CC:-cc} -std=c99 $warnings -fsyntax-only "$block"
    ${CXX:-c++} -std=c++11 $warnings -x c++ -fsyntax-only "$block"
    count=$((count + 1))
    if grep -q 'int main' "$block"; then
        ${CC:-cc} "$block.o" -o "${block%.c}"
        "${block%.c}" > "${block%.c}.printed"
        diff "${block%.c}.text" "${block%.c}.printed"
    fi
done
# The first program is the first example.
sed -e 1d -e '/^\/\* Output:/,$d' -e '${/^$/d;}' examples/01_hello.c | sed -e '${/^$/d;}' > "$out/hello.c"
diff "$out/hello.c" "$out/block01.c"
echo "README.md: $count blocks compile, the program prints what the page says"

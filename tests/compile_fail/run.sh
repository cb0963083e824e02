#!/bin/sh
# run.sh COMPILER BUILD_DIRECTORY: checks with one compiler (gcc, g++, clang, clang++, tcc) that each file of this
# directory fails to compile with the diagnostic that its first lines name, and compiles without a warning with -DFIXED.
#
# The leading comments of a file are lines of the form
#     /* flags: options for all compilers */
#     /* gcc: extended regular expression that the diagnostic matches */
#     /* gcc-note: why this compiler is not among those that diagnose the mistake */
# A file says nothing about a compiler that does not take part. The environment variable COMMAND is what runs the
# compiler, where that is not its plain name.
# The expected texts are the untranslated ones.
export LC_ALL=C
compiler=$1
build=$2
command=${COMMAND:-$compiler}
mkdir -p "$build"
case $compiler in
*++) language="-x c++ -std=c++17" ;;
tcc) language="-std=c99" ;;
*) language="-std=c11" ;;
esac
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror"
[ "$compiler" != tcc ] || warnings="-Wall -Werror"
passed=0
failed=0

fail()   # FILE TEXT
{
    failed=$((failed + 1))
    echo "$1 ($compiler): $2"
    head -n 12 "$log" | sed 's/^/    /'
}

for file in tests/compile_fail/*.c; do
    expected=$(sed -n "1,12s|^/\* $compiler: \(.*\) \*/\$|\1|p" "$file" | head -n 1)
    [ -n "$expected" ] || continue
    flags=$(sed -n '1,12s|^/\* flags: \(.*\) \*/$|\1|p' "$file" | head -n 1)
    name=$(basename "$file" .c)
    log=$build/$name.log
    # No warning option here: the mistake is an error with the compiler's defaults.
    if $command $language $flags -I. -c "$file" -o "$build/$name.o" >"$log" 2>&1; then
        fail "$file" "compiles, and must not"
    elif ! grep -Eq -- "$expected" "$log"; then
        fail "$file" "no diagnostic matches \"$expected\""
    else
        passed=$((passed + 1))
    fi
    if $command $language $flags $warnings -I. -DFIXED -c "$file" -o "$build/$name.o" >"$log" 2>&1; then
        passed=$((passed + 1))
    else
        fail "$file" "does not compile with -DFIXED"
    fi
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]

#!/bin/sh
# sizes.sh BUILD_DIRECTORY: compiles tests/sizes.c for every machine that a compiler at hand knows, and prints the sizes
# in bytes as one table. The budgets in that file are checked on each of them; ends with "N passed, N failed".
build=$1
passed=0
failed=0
tables=
mkdir -p "$build"

column()   # NAME NM COMPILER FLAGS...
{
    name=$1
    nm=$2
    shift 2
    command -v "$1" >/dev/null 2>&1 || return 1
    if "$@" -std=c11 -ffreestanding -Wall -Wextra -Werror -I. -c tests/sizes.c -o "$build/sizes-$name.o" \
        >"$build/sizes-$name.log" 2>&1; then
        passed=$((passed + 1))
        "$nm" -S "$build/sizes-$name.o" | awk -v name="$name" '$4 ~ /^size_of_/ { print name, substr($4, 9), $2 }' \
            >"$build/sizes-$name.txt"
        tables="$tables $build/sizes-$name.txt"
    else
        failed=$((failed + 1))
        echo "$name: tests/sizes.c does not compile"
        head -n 10 "$build/sizes-$name.log" | sed 's/^/    /'
    fi
}

cc=gcc
command -v gcc >/dev/null 2>&1 || cc=cc
column "$cc" nm "$cc"
column clang nm clang
case $(uname -m) in
x86_64) column "$cc-m32" nm "$cc" -m32 && column clang-m32 nm clang -m32 ;;
esac
column cortex-m0 arm-none-eabi-nm arm-none-eabi-gcc -mthumb -mcpu=cortex-m0
column cortex-m4 arm-none-eabi-nm arm-none-eabi-gcc -mthumb -mcpu=cortex-m4
column rv32 riscv64-unknown-elf-nm riscv64-unknown-elf-gcc -march=rv32imac -mabi=ilp32
column avr avr-nm avr-gcc -mmcu=atmega328p

# The symbols stand in the order of their names; the source tells the order to print them in.
awk '
    function hex(text,    i, value) {
        for (i = 1; i <= length(text); i++)
            value = value * 16 + index("0123456789abcdef", tolower(substr(text, i, 1))) - 1
        return value
    }
    FILENAME ~ /\.c$/ {
        if (match($0, /^    X\([a-z_]+\)/)) rows[++count] = substr($0, 7, RLENGTH - 7)
        next
    }
    !($1 in seen) { seen[$1] = 1; columns[++width] = $1 }
    { bytes[$1, $2] = hex($3) }
    END {
        printf "%-28s", "bytes"
        for (c = 1; c <= width; c++) printf " %10s", columns[c]
        print ""
        for (r = 1; r <= count; r++) {
            printf "%-28s", rows[r]
            for (c = 1; c <= width; c++) printf " %10d", bytes[columns[c], rows[r]]
            print ""
        }
    }' tests/sizes.c $tables
echo "$passed passed, $failed failed"
[ $failed -eq 0 ] && [ $passed -gt 0 ]

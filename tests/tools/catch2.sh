#!/bin/sh
# catch2.sh FILE: finds Catch2, installs it if need be, and writes its flags to FILE as Makefile variables.
#
# Both generations serve: 2.x is a header alone, 3.x is a library. pkg-config is asked first, then the compiler's own
# search path. Include directories become -isystem: warnings are for this project's code.
file=$1
mkdir -p "$(dirname "$file")"

has_header() { echo "#include <$1>" | ${CXX:-c++} -std=c++17 $2 -E -x c++ - >/dev/null 2>&1; }

find_catch2()
{
    flags=
    libraries=
    if command -v pkg-config >/dev/null 2>&1 && pkg-config --exists catch2; then
        flags=$(pkg-config --cflags catch2 | sed 's/-I */-isystem /g')
        libraries=$(pkg-config --libs catch2)
    fi
    if has_header catch2/catch_test_macros.hpp "$flags"; then
        header=catch2/catch_test_macros.hpp
        [ -n "$libraries" ] || libraries=-lCatch2
    elif has_header catch2/catch.hpp "$flags"; then
        header=catch2/catch.hpp
        libraries=
    else
        return 1
    fi
}

find_catch2 || { sh tests/tools/need.sh catch2 && find_catch2; } || {
    # A package manager that keeps its packages out of the compiler's path needs pkg-config to tell where.
    sh tests/tools/need.sh pkg-config catch2 && find_catch2
} || { echo "Catch2 is installed, but ${CXX:-c++} does not find its header: pass CXXFLAGS=-I<directory>"; exit 1; }

printf 'CATCH2_FLAGS := %s\nCATCH2_LIBRARIES := %s\nCATCH2_HEADER := %s\n' "$flags" "$libraries" "$header" >"$file.new"
# An unchanged file keeps its time, so that nothing is compiled again.
cmp -s "$file.new" "$file" && rm "$file.new" || mv "$file.new" "$file"

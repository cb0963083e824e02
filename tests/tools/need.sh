#!/bin/sh
# need.sh TOOL...: makes sure that each tool is there, through the system's package manager where it may.
# need.sh --skipped TOOL: prints the line that says which tool is missing and how to install it.
#
# A tool is a command, or one of: catch2 (the header), compiler-rt (clang's sanitizer libraries).
# Exit status 1, and a line that names the package, for a tool that is neither there nor could be installed.

find_manager()
{
    for manager in apt-get dnf pacman apk brew; do
        if command -v $manager >/dev/null 2>&1; then
            echo $manager
            return
        fi
    done
}

clang_major()
{
    ${CLANG:-clang} -dumpversion 2>/dev/null | cut -d. -f1
}

package_of()   # TOOL MANAGER
{
    case $1:$2 in
    catch2:dnf) echo catch-devel ;;
    gcc:brew | g++:brew) echo gcc ;;
    g++:dnf) echo gcc-c++ ;;
    g++:pacman) echo gcc ;;
    clang:brew) echo llvm ;;
    clang++:*) package_of clang "$2" ;;
    pkg-config:dnf) echo pkgconf-pkg-config ;;
    pkg-config:pacman | pkg-config:apk) echo pkgconf ;;
    compiler-rt:apt-get) echo "libclang-rt-$(clang_major)-dev" ;;
    compiler-rt:brew) echo llvm ;;
    gcov:*) echo gcc ;;
    nm:*) echo binutils ;;
    *) echo "$1" ;;
    esac
}

install_command()   # MANAGER
{
    case $1 in
    apt-get) echo "apt-get install -y" ;;
    dnf) echo "dnf install -y" ;;
    pacman) echo "pacman -S --noconfirm" ;;
    apk) echo "apk add" ;;
    brew) echo "brew install" ;;
    esac
}

have()   # TOOL
{
    case $1 in
    catch2)
        for header in catch2/catch_test_macros.hpp catch2/catch.hpp; do
            if echo "#include <$header>" | ${CXX:-c++} -std=c++17 -E -x c++ - >/dev/null 2>&1; then
                return 0
            fi
        done
        pkg-config --exists catch2 2>/dev/null
        ;;
    compiler-rt)
        mkdir -p build
        echo 'int main(void) { return 0; }' |
            ${CLANG:-clang} -fsanitize=address -x c - -o build/compiler-rt 2>/dev/null
        ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
    esac
}

manager=$(find_manager)

hint()   # TOOL
{
    if [ -n "$manager" ]; then
        echo "$(install_command "$manager" | sed 's/ -y//; s/ --noconfirm//') $(package_of "$1" "$manager")"
    else
        echo "install $1 and make again"
    fi
}

if [ "$1" = --skipped ]; then
    echo "skipped: $2 (not installed: $(hint "$2"))"
    exit 0
fi

as_root=
if [ "$manager" != brew ] && [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
fi
mkdir -p build
updated=
missing=0
for tool in "$@"; do
    have "$tool" && continue
    if [ -n "$manager" ] && { [ -z "$as_root" ] || sudo -n true 2>/dev/null; }; then
        package=$(package_of "$tool" "$manager")
        echo "installing $package ($manager)"
        if [ "$manager" = apt-get ]; then
            # sudo keeps no variables, so the non-interactive frontend is set behind it.
            install="$as_root env DEBIAN_FRONTEND=noninteractive $(install_command apt-get) --no-install-recommends"
            if ! $install "$package" </dev/null >build/install.log 2>&1 && [ -z "$updated" ]; then
                # A fresh image has no package lists.
                $as_root apt-get update </dev/null >build/install.log 2>&1
                updated=1
                $install "$package" </dev/null >>build/install.log 2>&1
            fi
        else
            $as_root $(install_command "$manager") "$package" </dev/null >build/install.log 2>&1
        fi
        have "$tool" && continue
        tail -n 5 build/install.log
    fi
    echo "missing: $tool. Install it first: $(hint "$tool")"
    missing=1
done
exit $missing

# asyncx is one header; this file builds what proves it. `make help` lists the targets.
#
# Everything goes to build/<compiler>-<configuration>/. CFLAGS, CXXFLAGS and LDFLAGS come last on every command line.
.SUFFIXES:
.SECONDARY:
MAKEFLAGS += -r --no-print-directory
.DEFAULT_GOAL := help

# -- the compilers --------------------------------------------------------------------------------------------------

GCC ?= gcc
GXX ?= g++
CLANG ?= clang
CLANGXX ?= clang++
TCC ?= tcc
GCOV ?= gcov
VALGRIND ?= valgrind
export CLANG

CC_gcc = $(GCC)
CXX_gcc = $(GXX)
CC_clang = $(CLANG)
CXX_clang = $(CLANGXX)

# Some systems call clang gcc; that one is not gcc.
HAVE_gcc := $(shell $(GCC) --version 2>/dev/null | grep -q 'Free Software' && command -v $(GXX) 2>/dev/null)
HAVE_clang := $(shell command -v $(CLANG) >/dev/null 2>&1 && command -v $(CLANGXX) 2>/dev/null)
HAVE_tcc := $(shell command -v $(TCC) 2>/dev/null)
HAVE_valgrind := $(shell command -v $(VALGRIND) 2>/dev/null)
COMPILERS := $(foreach c,gcc clang,$(if $(HAVE_$c),$c))
FIRST := $(firstword $(COMPILERS))

JOBS ?= $(shell nproc 2>/dev/null || getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
# A sub-make that may run its checks in parallel, each one's output in one piece; an outer -j is kept.
PARALLEL = $(MAKE) -k --output-sync=target $(if $(findstring --jobserver,$(MAKEFLAGS)),,-j$(JOBS))

WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion
# Code in this repository has no warning; a compiler of the future may know more of them, and stops only the CI.
WERROR := $(if $(CI),-Werror)
COMMON := -I. $(WARNINGS) $(WERROR) -pthread
V ?= 0
Q := $(if $(filter 1,$(V)),,@)

RESULTS := build/results
CHECK = sh tests/tools/check.sh

comma := ,
empty :=
space := $(empty) $(empty)

# -- help -----------------------------------------------------------------------------------------------------------

.PHONY: help
help:
	@echo "make demo                builds and runs the demo: needs nothing but a C compiler"
	@echo "make test                every test, in less than two minutes; installs Catch2 if it may"
	@echo "make check-all           the matrix of compilers, standards and options; sanitizers; valgrind"
	@echo "make coverage            lines and branches of asyncx.h that the tests reach (COVERAGE_MIN=95)"
	@echo "make sizes               what each type weighs, for each machine that a compiler knows"
	@echo "make bench               what a continuation costs: times, instructions, a table and a picture"
	@echo "make bench-instructions  instructions of each operation alone, counted by valgrind"
	@echo "make bench-record        make bench, and a dated copy of the report in bench/results/"
	@echo "make format-check        lines of at most 120 columns, no tabs, no spaces at the end"
	@echo "make install             asyncx.h and asyncx.pc to PREFIX=/usr/local, below DESTDIR"
	@echo "make uninstall           takes them away again"
	@echo "make clean               removes build/"
	@echo ""
	@echo "variables: CFLAGS CXXFLAGS LDFLAGS GCC GXX CLANG CLANGXX TCC JOBS V=1 (show commands) CI=true (-Werror)"

# -- demo -----------------------------------------------------------------------------------------------------------

DEMO := build/$(notdir $(lastword $(CC)))-demo/demo

.PHONY: demo
demo: $(DEMO)
	@$(DEMO)

$(DEMO): $(wildcard examples/demo/*.c examples/demo/*.h) asyncx.h
	@mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -O2 -I. -pthread $(filter %.c,$^) -o $@ $(CFLAGS) $(LDFLAGS)

# -- the test binaries ----------------------------------------------------------------------------------------------

# tests/*.cpp and tests/*.c make one binary; these C files are programs of their own.
TEST_PROGRAMS := tests/sizes.c tests/test_stack.c
TEST_SOURCES := $(filter-out tests/main.cpp $(TEST_PROGRAMS),$(wildcard tests/*.cpp tests/*.c))

-include build/catch2.mk

# Catch2's main takes longest to compile and has no part of asyncx in it: one object, by the last compiler there is, serves
# all configurations. The header would give it the thread's state, which differs between them, unless told otherwise.
MAIN := build/$(lastword $(COMPILERS))-catch2/main.o
$(MAIN): tests/main.cpp tests/testing.h build/catch2.mk
	@mkdir -p $(@D)
	$(Q)$(CXX_$(lastword $(COMPILERS))) -std=c++17 -O0 -I. -w '-DASYNCX_THREAD_STATE()=((asyncx_thread_state *)0)' \
		$(CATCH2_FLAGS) -c $< -o $@ $(CXXFLAGS)

# $(1) compiler, $(2) configuration, $(3) flags of compiling and linking
define configuration_rules
build/$(1)-$(2)/catch2.hpp: build/catch2.mk
	@mkdir -p $$(@D)
	$$(Q)echo '#include <$$(CATCH2_HEADER)>' >$$@

# Catch2 is most of what a test file compiles; precompiled it is read once.
build/$(1)-$(2)/catch2.hpp.gch: build/$(1)-$(2)/catch2.hpp
	$$(Q)$$(CXX_$(1)) -std=c++17 -g $(3) $$(COMMON) $$(CATCH2_FLAGS) -x c++-header $$< -o $$@ $$(CXXFLAGS)

build/$(1)-$(2)/%.cpp.o: %.cpp build/$(1)-$(2)/catch2.hpp.gch
	@mkdir -p $$(@D)
	$$(Q)$$(CXX_$(1)) -std=c++17 -g -include build/$(1)-$(2)/catch2.hpp $(3) $$(COMMON) $$(CATCH2_FLAGS) -MMD -MP \
		-c $$< -o $$@ $$(CXXFLAGS)

build/$(1)-$(2)/%.c.o: %.c
	@mkdir -p $$(@D)
	$$(Q)$$(CC_$(1)) -std=c11 -g $(3) $$(COMMON) -MMD -MP -c $$< -o $$@ $$(CFLAGS)

build/$(1)-$(2)/tests/all: $$(TEST_SOURCES:%=build/$(1)-$(2)/%.o) $$(MAIN)
	$$(Q)$$(CXX_$(1)) $(3) -pthread $$^ $$(CATCH2_LIBRARIES) -o $$@ $$(LDFLAGS)

-include $$(wildcard build/$(1)-$(2)/tests/*.d)
endef

# The second half of the configurations is for check-all and coverage. With always_inline gone, each function of the
# header is there once for each file, and its branches are counted as its own, not as those of its callers.
THREADED_gcc := -O1
THREADED_clang := -O0
SINGLE := -O0 -DASYNCX_SINGLE_THREADED=1
OPTIMISED := -O2
DIAGNOSED := -O1 -DASYNCX_DIAGNOSTICS=1 -DASYNCX_EXECUTION_CONTEXT=1
ASAN := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
TSAN := -O1 -fsanitize=thread
COVERAGE := -O0 --coverage -Dalways_inline=unused

$(foreach c,$(COMPILERS),$(eval $(call configuration_rules,$c,threaded,$(THREADED_$c))))
$(foreach c,$(COMPILERS),$(eval $(call configuration_rules,$c,single,$(SINGLE))))
$(foreach c,$(COMPILERS),$(eval $(call configuration_rules,$c,optimised,$(OPTIMISED))))
$(foreach c,$(COMPILERS),$(eval $(call configuration_rules,$c,diagnosed,$(DIAGNOSED))))
$(foreach c,$(COMPILERS),$(eval $(call configuration_rules,$c,asan,$(ASAN))))
$(foreach c,$(COMPILERS),$(eval $(call configuration_rules,$c,tsan,$(TSAN))))
$(eval $(call configuration_rules,gcc,coverage,$(COVERAGE)))
$(eval $(call configuration_rules,gcc,coverage-single,$(COVERAGE) -DASYNCX_SINGLE_THREADED=1))
$(eval $(call configuration_rules,gcc,coverage-diagnosed,$(COVERAGE) -DASYNCX_DIAGNOSTICS=1 -DASYNCX_EXECUTION_CONTEXT=1))

.PHONY: FORCE
FORCE:

# -- make test ------------------------------------------------------------------------------------------------------

TEST := $(RESULTS)/test
EXAMPLES := $(sort $(wildcard examples/*.c))
PROGRAMS := $(basename $(notdir $(sort $(wildcard tests/programs/*.c))))
LANGUAGES_gcc := $(GCC) $(GXX)
LANGUAGES_clang := $(CLANG) $(CLANGXX)
STACK_FLAGS := O0 O2

define test_results
$(TEST)/catch2/$(1)-threaded.result $(TEST)/catch2/$(1)-single.result \
$(EXAMPLES:examples/%.c=$(TEST)/examples/$(1)-%.result) \
$(PROGRAMS:%=$(TEST)/programs/$(1)-%.result) \
$(TEST)/compile_fail/$(1).result $(TEST)/compile_fail/$(CXX_$(1)).result \
$(foreach o,$(STACK_FLAGS),$(TEST)/stack/$(1)-$(o).result)
endef

# The longest ones first.
TEST_RESULTS := $(sort $(foreach c,$(COMPILERS),$(call test_results,$c))) $(TEST)/sizes/sizes.result \
	$(if $(HAVE_tcc),$(TEST)/compile_fail/tcc.result) \
	$(if $(wildcard examples/demo/*.c),$(TEST)/examples/demo.result) \
	$(if $(wildcard examples/tcp_server/test.sh),$(TEST)/examples/tcp_server.result) \
	$(if $(wildcard tests/readme.sh),$(TEST)/readme/readme.result)

$(TEST)/catch2/%.result: build/%/tests/all FORCE
	@$(CHECK) $@ $<

define test_compiler_rules
build/$(1)-examples/%: examples/%.c asyncx.h
	@mkdir -p $$(@D)
	$$(Q)$$(CC_$(1)) -std=c11 -O2 -g $$(COMMON) $$< -o $$@ $$(CFLAGS) $$(LDFLAGS)

$(TEST)/examples/$(1)-%.result: examples/%.c build/$(1)-examples/% FORCE
	@$$(CHECK) $$@ sh tests/tools/example.sh $$< build/$(1)-examples/$$*

build/$(1)-programs/%: tests/programs/%.c asyncx.h $(wildcard tests/programs/*.h)
	@mkdir -p $$(@D)
	$$(Q)$$(CC_$(1)) -std=c11 -O2 -g $$(COMMON) $$< -o $$@ $$(CFLAGS) $$(LDFLAGS)

$(TEST)/programs/$(1)-%.result: build/$(1)-programs/% FORCE
	@$$(CHECK) $$@ $$<

$(TEST)/compile_fail/$(1).result: FORCE
	@COMMAND=$$(CC_$(1)) $$(CHECK) $$@ sh tests/compile_fail/run.sh $(1) build/$(1)-compile_fail
endef
$(foreach c,$(COMPILERS),$(eval $(call test_compiler_rules,$c)))

$(TEST)/compile_fail/$(GXX).result: FORCE
	@COMMAND=$(GXX) $(CHECK) $@ sh tests/compile_fail/run.sh g++ build/gcc-compile_fail/c++
$(TEST)/compile_fail/$(CLANGXX).result: FORCE
	@COMMAND=$(CLANGXX) $(CHECK) $@ sh tests/compile_fail/run.sh clang++ build/clang-compile_fail/c++
$(TEST)/compile_fail/tcc.result: FORCE
	@COMMAND=$(TCC) $(CHECK) $@ sh tests/compile_fail/run.sh tcc build/tcc-compile_fail

define stack_rules
build/$(1)-stack/$(2): tests/test_stack.c asyncx.h
	@mkdir -p $$(@D)
	$$(Q)$$(CC_$(1)) -std=c11 -$(2) $$(COMMON) $$< -o $$@ $$(CFLAGS) $$(LDFLAGS)
$(TEST)/stack/$(1)-$(2).result: build/$(1)-stack/$(2) FORCE
	@$$(CHECK) $$@ $$<
endef
$(foreach c,$(COMPILERS),$(foreach o,$(STACK_FLAGS),$(eval $(call stack_rules,$c,$o))))

$(TEST)/sizes/sizes.result: FORCE
	@$(CHECK) $@ sh tests/tools/sizes.sh build/sizes
$(TEST)/examples/demo.result: $(DEMO) FORCE
	@$(CHECK) $@ $(DEMO)
$(TEST)/examples/tcp_server.result: FORCE
	@CC='$(CC)' CFLAGS='$(CFLAGS)' LDFLAGS='$(LDFLAGS)' $(CHECK) $@ sh examples/tcp_server/test.sh build/tcp_server
$(TEST)/readme/readme.result: FORCE
	@CC='$(CC)' $(CHECK) $@ sh tests/readme.sh build/readme

.PHONY: test test-run
test-run: $(TEST_RESULTS)

# Says which compilers do not take part: $(call report_skipped,directory,tools)
report_skipped = $(foreach t,$(2),$(if $(HAVE_$t),,sh tests/tools/need.sh --skipped $t >>$(1)/skipped;))

test:
	@rm -rf $(TEST); mkdir -p $(TEST)
	@$(if $(COMPILERS),:,CXX= sh tests/tools/need.sh gcc g++ && exec $(MAKE) test)
	@CXX=$(CXX_$(FIRST)) sh tests/tools/catch2.sh build/catch2.mk
	@$(call report_skipped,$(TEST),gcc clang tcc) :
	@$(PARALLEL) test-run || true
	@sh tests/tools/summary.sh $(TEST) $(TEST_RESULTS)

.PHONY: sizes
sizes:
	@sh tests/tools/sizes.sh build/sizes

# -- make check-all -------------------------------------------------------------------------------------------------

ALL := $(RESULTS)/check-all
ALL_RESULTS :=
STRICT := -I. $(WARNINGS) -Werror -pthread

STANDARDS_C := c99 c11 c17 c2x
STANDARDS_C++ := c++11 c++14 c++17 c++20 c++2b
LEVELS := O0 O2 Os

FLAGS_threaded :=
FLAGS_single := -DASYNCX_SINGLE_THREADED=1
FLAGS_long_names := -DASYNCX_NO_SHORT_NAMES=1
FLAGS_computed_goto := -DASYNCX_COMPUTED_GOTO=1
FLAGS_lint := -DASYNCX_LINT=1
FLAGS_diagnostics := -DASYNCX_DIAGNOSTICS=1
FLAGS_context := -DASYNCX_EXECUTION_CONTEXT=1
FLAGS_diagnostics_context := -DASYNCX_DIAGNOSTICS=1 -DASYNCX_EXECUTION_CONTEXT=1
FLAGS_unchecked := -DASYNCX_CHECKS=0
FLAGS_single_unchecked := -DASYNCX_SINGLE_THREADED=1 -DASYNCX_CHECKS=0
FLAGS_c11_atomics := -DASYNCX_C11_ATOMICS
FLAGS_iso_only := -DASYNCX_ISO_ONLY
FLAGS_critical := -DUSER_CRITICAL
FLAGS_interrupt := -DUSER_INTERRUPT
FLAGS_thread_state := -DUSER_THREAD_STATE
FLAGS_short_tokens := -DASYNCX_TOKEN_BITS=16
FLAGS_shallow := -DASYNCX_INLINE_DEPTH=1
FLAGS_deep := -DASYNCX_INLINE_DEPTH=255
OPTIONS := computed_goto lint diagnostics context diagnostics_context unchecked single_unchecked c11_atomics iso_only \
	critical interrupt thread_state short_tokens shallow deep

# The conformance source in the long spelling.
build/matrix/everything_long_names.c: tests/matrix/everything.c
	@mkdir -p $(@D)
	@sed -e 's/\([^A-Za-z0-9_]\)ASYNC(/\1ASYNCX_ASYNC(/g; s/^ASYNC(/ASYNCX_ASYNC(/' \
		-e 's/\([^A-Za-z0-9_]\)ASYNC_/\1ASYNCX_/g; s/^ASYNC_/ASYNCX_/' \
		-e 's/\([^A-Za-z0-9_]\)AWAIT/\1ASYNCX_AWAIT/g; s/^AWAIT/ASYNCX_AWAIT/' $< >$@

source_of = $(if $(filter long_names,$(1)),build/matrix/everything_long_names.c,tests/matrix/everything.c)

# $(1) compiler, $(2) C or C++, $(3) standard, $(4) options, $(5) optimisation
define cell
ALL_RESULTS += $(ALL)/matrix/$(1)-$(3)-$(4)-$(5).result
$(ALL)/matrix/$(1)-$(3)-$(4)-$(5).result: $(call source_of,$(4)) FORCE
	@mkdir -p build/$(1)-matrix
	@QUIET=1 $$(CHECK) $$@ sh -c '$(if $(filter C,$(2)),$$(CC_$(1)),$$(CXX_$(1)) -x c++) -std=$(3) -$(5) $$(STRICT) \
		$$(FLAGS_$(4)) $$< -o build/$(1)-matrix/$(3)-$(4)-$(5) && build/$(1)-matrix/$(3)-$(4)-$(5)'
endef

$(foreach c,$(COMPILERS),\
	$(foreach l,C C++,\
		$(foreach s,$(STANDARDS_$l),\
			$(foreach f,threaded single long_names,\
				$(foreach o,$(LEVELS),$(eval $(call cell,$c,$l,$s,$f,$o)))))\
		$(foreach f,$(OPTIONS),\
			$(foreach o,O0 O2,$(eval $(call cell,$c,$l,$(if $(filter C,$l),c11,c++11),$f,$o))))))
# C99 has no _Generic without extensions, and clang no atomics; C2x has both, in a new form.
$(foreach c,$(COMPILERS),$(foreach f,c11_atomics iso_only,$(eval $(call cell,$c,C,c2x,$f,O2))))

# One command as a check: $(call one,group/name,command)
define one
ALL_RESULTS += $(ALL)/$(1).result
$(ALL)/$(1).result: FORCE
	@mkdir -p build/matrix
	@QUIET=1 $$(CHECK) $$@ sh -c '$(2)'
endef
# Compiles and runs: $(call program,group/name,compiler and flags,sources)
program = $(call one,$(1),$(2) $(3) -o build/matrix/$(subst /,-,$(1)) && build/matrix/$(subst /,-,$(1)))

# ISO C99 and nothing else; the short names are the user's when the header does not take them.
$(foreach c,$(COMPILERS),\
	$(foreach o,O0 O2,\
		$(eval $(call program,iso_c99/$c-$o,$$(CC_$c) -std=c99 -pedantic-errors -$o $$(STRICT) -DASYNCX_ISO_ONLY,tests/matrix/iso_c99.c))\
		$(eval $(call program,iso_c99/$c-single-$o,$$(CC_$c) -std=c99 -pedantic-errors -$o $$(STRICT) -DASYNCX_ISO_ONLY $(FLAGS_single),tests/matrix/iso_c99.c)))\
	$(eval $(call program,no_short_names/$c,$$(CC_$c) -std=c99 $$(STRICT),tests/matrix/no_short_names.c))\
	$(eval $(call program,no_short_names/$(CXX_$c),$$(CXX_$c) -x c++ -std=c++11 $$(STRICT),tests/matrix/no_short_names.c)))

# tcc has neither atomics nor thread-local storage: one thread, or critical sections and a state of the user's.
ifneq ($(HAVE_tcc),)
$(eval $(call program,tcc/single,$$(TCC) -Wall -Werror -I. $(FLAGS_single),tests/matrix/everything.c))
$(eval $(call program,tcc/single-unchecked,$$(TCC) -Wall -Werror -I. $(FLAGS_single_unchecked),tests/matrix/everything.c))
$(eval $(call program,tcc/single-diagnostics,$$(TCC) -Wall -Werror -I. $(FLAGS_single) $(FLAGS_diagnostics_context),tests/matrix/everything.c))
$(eval $(call program,tcc/critical,$$(TCC) -Wall -Werror -I. -DUSER_CRITICAL -DASYNCX_THREAD_LOCAL=,tests/matrix/everything.c))
$(eval $(call program,tcc/critical-thread-state,$$(TCC) -Wall -Werror -I. -DUSER_CRITICAL -DUSER_THREAD_STATE,tests/matrix/everything.c))
$(eval $(call program,tcc/iso-c99,$$(TCC) -Wall -Werror -I. $(FLAGS_single) -DASYNCX_ISO_ONLY,tests/matrix/iso_c99.c))
endif

# C and C++ in one program. $(1) C compiler, $(2) C++ compiler, $(3) options
define link_program
$(call one,link/$(1)-$(2)-$(3),$(CC_$(1)) -std=c11 $$(STRICT) $(FLAGS_$(3)) -c tests/matrix/link_c.c \
	-o build/matrix/link-$(1)-$(2)-$(3).o && $(CXX_$(2)) -std=c++17 $$(STRICT) $(FLAGS_$(3)) tests/matrix/link_cpp.cpp \
	build/matrix/link-$(1)-$(2)-$(3).o -o build/matrix/link-$(1)-$(2)-$(3) && build/matrix/link-$(1)-$(2)-$(3))
endef
$(foreach a,$(COMPILERS),\
	$(foreach b,$(COMPILERS),\
		$(foreach f,threaded single diagnostics_context c11_atomics unchecked computed_goto,\
			$(eval $(call link_program,$a,$b,$f)))))

# What make format-check looks at.
FORMATTED := asyncx.h $(wildcard tests/*.[ch] tests/*.cpp tests/*/*.[ch] tests/*/*.cpp examples/*.c examples/*/*.[ch] \
	bench/*.[ch] bench/*.[ch]pp)

# The examples with extensions of C99 only.
$(foreach c,$(COMPILERS),\
	$(foreach e,$(EXAMPLES:examples/%.c=%),\
		$(eval $(call one,examples/$c-c99-$e,$$(CC_$c) -std=c99 -D_POSIX_C_SOURCE=200809L $$(STRICT) examples/$e.c \
			-o build/matrix/$c-c99-$e && sh tests/tools/example.sh examples/$e.c build/matrix/$c-c99-$e))))

# Every public name of the header is used by one of the sources that the matrix compiles.
$(eval $(call one,names/names,sh tests/tools/names.sh tests/matrix/everything.c tests/matrix/iso_c99.c tests/sizes.c Makefile))

# The tests themselves, optimised, under the sanitizers and valgrind.
SANITIZED := $(foreach c,$(COMPILERS),$(ALL)/asan/$c.result $(ALL)/tsan/$c.result $(ALL)/catch2/$c-optimised.result)
MEMCHECKED := $(if $(HAVE_valgrind),$(FIRST:%=$(ALL)/memcheck/%.result) $(COMPILERS:%=$(ALL)/marks/%.result))
ALL_RESULTS := $(SANITIZED) $(FIRST:%=$(ALL)/catch2/%-diagnosed.result) $(MEMCHECKED) $(ALL_RESULTS)

$(ALL)/asan/%.result: build/%-asan/tests/all FORCE
	@ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 $(CHECK) $@ $<
$(ALL)/tsan/%.result: build/%-tsan/tests/all FORCE
	@TSAN_OPTIONS=second_deadlock_stack=1 $(CHECK) $@ $<
$(ALL)/catch2/%-optimised.result: build/%-optimised/tests/all FORCE
	@$(CHECK) $@ $<
$(ALL)/catch2/%-diagnosed.result: build/%-diagnosed/tests/all FORCE
	@$(CHECK) $@ $<
# The instructions of README's table, each of which has a mark.
$(ALL)/marks/%.result: FORCE
	@QUIET=1 $(CHECK) $@ sh bench/marks.sh $(CC_$*) build/$*-marks
# Under valgrind a signal may come late, after a test has put back what was there before its own handler: that shall be
# "ignore". Memory of threads that have ended is kept by the C library, which counts as possibly lost.
$(ALL)/memcheck/%.result: build/%-optimised/tests/all FORCE
	@$(CHECK) $@ sh -c 'trap "" ALRM; exec "$$@"' sh $(VALGRIND) -q --fair-sched=yes --leak-check=full \
		--show-leak-kinds=definite --errors-for-leak-kinds=definite --suppressions=tests/tools/valgrind.supp \
		--error-exitcode=1 $<

.PHONY: check-all check-all-run
check-all-run: $(ALL_RESULTS)

check-all:
	@rm -rf $(ALL); mkdir -p $(ALL)
	@$(if $(COMPILERS),:,CXX= sh tests/tools/need.sh gcc g++ && exec $(MAKE) check-all)
	@CXX=$(CXX_$(FIRST)) sh tests/tools/catch2.sh build/catch2.mk
	@$(call report_skipped,$(ALL),gcc clang tcc valgrind) :
	@$(PARALLEL) check-all-run || true
	@sh tests/tools/summary.sh $(ALL) $(ALL_RESULTS)

# -- make coverage --------------------------------------------------------------------------------------------------

COVERAGE_MIN ?= 95
COVERED := build/gcc-coverage build/gcc-coverage-single build/gcc-coverage-diagnosed

# The programs of the tests count too, and the conformance source with what the tests leave switched off.
build/gcc-coverage/programs/%: tests/programs/%.c asyncx.h $(wildcard tests/programs/*.h)
	@mkdir -p $(@D)
	$(Q)$(GCC) -std=c11 -g $(COVERAGE) $(COMMON) $< -o $@ $(CFLAGS) $(LDFLAGS)
build/gcc-coverage/programs/everything: tests/matrix/everything.c asyncx.h
	@mkdir -p $(@D)
	$(Q)$(GCC) -std=c11 -g $(COVERAGE) $(COMMON) $(FLAGS_diagnostics_context) $< -o $@ $(CFLAGS) $(LDFLAGS)
COVERED_PROGRAMS := $(PROGRAMS:%=build/gcc-coverage/programs/%) build/gcc-coverage/programs/everything

.PHONY: coverage coverage-build
coverage-build: $(COVERED:%=%/tests/all) $(COVERED_PROGRAMS)

# What was counted before belongs to another build.
coverage:
	@CXX=$(GXX) sh tests/tools/catch2.sh build/catch2.mk
	@find $(COVERED) -name '*.gcda' -exec rm -f {} + 2>/dev/null || true
	@$(PARALLEL) coverage-build
	@for program in $(COVERED:%=%/tests/all) $(COVERED_PROGRAMS); do \
		$$program >$$program.log 2>&1 || echo "$$program fails: see make test"; \
	done
	@GCOV=$(GCOV) COVERAGE_MIN=$(COVERAGE_MIN) sh tests/tools/coverage.sh $(COVERED)

# -- benchmarks -----------------------------------------------------------------------------------------------------

BENCH_SOURCES := $(wildcard bench/*.cpp)
BENCH := build/$(FIRST)-bench

$(BENCH)/%.cpp.o: %.cpp asyncx.h $(wildcard bench/*.h)
	@mkdir -p $(@D)
	$(Q)$(CXX_$(FIRST)) -std=c++17 -O2 -I. -pthread -DCATCH_CONFIG_ENABLE_BENCHMARKING $(CATCH2_FLAGS) -MMD -MP \
		-c $< -o $@ $(CXXFLAGS)
$(BENCH)/all: $(BENCH_SOURCES:%=$(BENCH)/%.o)
	$(Q)$(CXX_$(FIRST)) -pthread $^ $(CATCH2_LIBRARIES) -o $@ $(LDFLAGS)
-include $(wildcard $(BENCH)/bench/*.d)

.PHONY: bench bench-run bench-instructions bench-instructions-run bench-record
bench:
	@sh tests/tools/need.sh valgrind
	@CXX=$(CXX_$(FIRST)) sh tests/tools/catch2.sh build/catch2.mk
	@$(MAKE) bench-run
bench-run: $(BENCH)/all
	@BENCH_FLAGS='-O2 $(CXXFLAGS)' sh bench/report.sh $(BENCH) build/report
	@cat build/report/*.md

bench-instructions-run: $(BENCH)/all
	@for c in single_threaded thread_safe; do \
		echo "instructions of one operation, $$c:"; sh bench/count.sh $(BENCH)/all $$c || exit 1; \
	done

bench-instructions:
	@sh tests/tools/need.sh valgrind
	@CXX=$(CXX_$(FIRST)) sh tests/tools/catch2.sh build/catch2.mk
	@$(MAKE) bench-instructions-run

# The only target that writes into the source tree: a report to keep.
bench-record: bench
	@mkdir -p bench/results/$$(date +%Y-%m-%d)
	cp build/report/* bench/results/$$(date +%Y-%m-%d)/

# -- install --------------------------------------------------------------------------------------------------------

PREFIX ?= /usr/local
INCLUDEDIR ?= $(PREFIX)/include
PKGCONFIGDIR ?= $(PREFIX)/share/pkgconfig
# The header is the only place of the version.
VERSION = $(shell awk '/^\#define ASYNCX_VERSION_(MAJOR|MINOR|PATCH) / { printf "%s%s", dot, $$3; dot = "." }' asyncx.h)

build/asyncx.pc: asyncx.h Makefile FORCE
	@mkdir -p $(@D)
	@printf '%s\n' 'prefix=$(PREFIX)' 'includedir=$(INCLUDEDIR)' '' 'Name: asyncx' \
		'Description: async/await for C as one header: tasks, awaiters, completion sources, executors, no heap' \
		'Version: $(VERSION)' 'Cflags: -I$${includedir}' >$@

.PHONY: install uninstall
install: build/asyncx.pc
	mkdir -p '$(DESTDIR)$(INCLUDEDIR)' '$(DESTDIR)$(PKGCONFIGDIR)'
	cp asyncx.h '$(DESTDIR)$(INCLUDEDIR)/asyncx.h'
	cp build/asyncx.pc '$(DESTDIR)$(PKGCONFIGDIR)/asyncx.pc'
	chmod 644 '$(DESTDIR)$(INCLUDEDIR)/asyncx.h' '$(DESTDIR)$(PKGCONFIGDIR)/asyncx.pc'
uninstall:
	rm -f '$(DESTDIR)$(INCLUDEDIR)/asyncx.h' '$(DESTDIR)$(PKGCONFIGDIR)/asyncx.pc'

# -- the rest -------------------------------------------------------------------------------------------------------

.PHONY: format-check clean
format-check:
	@sh tests/tools/format.sh $(FORMATTED)

clean:
	rm -rf build

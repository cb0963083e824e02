/* What every bench question includes: Catch2 (2.13 or 3), and the function that measures one operation. */
#ifndef BENCH_HPP
#define BENCH_HPP

#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#include <catch2/catch.hpp>
#endif

/* Measures the operation `name` of operations.c with Catch2's benchmarking, in both configurations of the library.
 * Passes when every run did what it says, and none of them allocated; only then a number is written. */
void measure(const char *name);

/* Returns how many allocations the program has made. */
unsigned long allocations();

#endif

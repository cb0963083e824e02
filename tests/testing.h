/* What every test file includes first: Catch2 (2.13 or 3), a panic that records instead of aborting, and asyncx.h. */
#ifndef TESTING_H
#define TESTING_H

#ifdef __cplusplus
#if __has_include(<catch2/catch_test_macros.hpp>)
#include <catch2/catch_test_macros.hpp>
#else
#include <catch2/catch.hpp>
#endif
extern "C" {
#endif

/* Counts the misuses seen, and keeps the last one. Thread-safe only as far as the tests need it. */
extern int testing_misuses;
extern int testing_last_misuse;
extern const void *testing_last_object;
void testing_panic(int code, const void *object);

#ifdef __cplusplus
}
#endif

#define ASYNCX_PANIC(code, object) testing_panic((int)(code), object)
#include "asyncx.h"

#ifdef __cplusplus
/* Passes when `statement` trips `code` exactly once. */
#define REQUIRE_MISUSE(code, statement)                \
    do {                                               \
        testing_misuses = 0;                           \
        statement;                                     \
        REQUIRE(testing_misuses == 1);                 \
        REQUIRE(testing_last_misuse == (int)(code));   \
        testing_misuses = 0;                           \
    } while (0)
#endif

#endif

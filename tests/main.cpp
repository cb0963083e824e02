/* Catch2's main, and the panic that every test shares. */
#if __has_include(<catch2/catch_session.hpp>)
#include <catch2/catch_session.hpp>
int main(int argc, char **argv) { return Catch::Session().run(argc, argv); }
#else
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif

#include "testing.h"

int testing_misuses;
int testing_last_misuse;
const void *testing_last_object;

void testing_panic(int code, const void *object)
{
    testing_misuses++;
    testing_last_misuse = code;
    testing_last_object = object;
}

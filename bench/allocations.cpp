/* Counts every allocation of the program, by standing in for the C library's functions (glibc). */
#include "bench.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdlib>

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

static unsigned long count;

extern "C" {

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t members, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) noexcept
{
    count++;
    return __libc_malloc(size);
}

void *calloc(size_t members, size_t size) noexcept
{
    count++;
    return __libc_calloc(members, size);
}

void *realloc(void *old, size_t size) noexcept
{
    count++;
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) noexcept
{
    count++;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) noexcept
{
    count++;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **result, size_t alignment, size_t size) noexcept
{
    count++;
    *result = __libc_memalign(alignment, size);
    return *result ? 0 : ENOMEM;
}

} /* extern "C" */

unsigned long allocations() { return count; }

TEST_CASE("the allocation counter counts")
{
    void *volatile kept;
    unsigned long before = allocations();
    kept = std::malloc(1);
    REQUIRE(allocations() == before + 1);
    kept = std::realloc(kept, 100);
    REQUIRE(allocations() == before + 2);
    std::free(kept);
    kept = std::calloc(1, 1);
    REQUIRE(allocations() == before + 3);
    std::free(kept);
    kept = new char[8];
    REQUIRE(allocations() == before + 4);
    delete[] static_cast<char *>(kept);
}

#else
#error "bench counts allocations through glibc's names, without a sanitizer: build it with glibc and without one"
#endif

/* The library over C11's <stdatomic.h>, with threads. */
#define _POSIX_C_SOURCE 200809L
#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define ASYNCX_C11_ATOMICS
#endif
#include "back_end.h"

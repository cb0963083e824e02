/* The library over the back end that it picks by itself, with threads. */
#define _POSIX_C_SOURCE 200809L
#include "back_end.h"

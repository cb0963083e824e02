/* What is measured: one operation, repeated; its instructions are counted and its time is taken. */
#ifndef OPERATION_H
#define OPERATION_H

#include <stdbool.h>
#include <stddef.h>

typedef struct operation {
    const char *name;
    const char *title;                   /* the row of the report */
    void (*prepare)(void);               /* once in a process, before the first run; NULL: nothing to prepare */
    void (*run)(unsigned long n);        /* does the operation `n` times, a multiple of `unit`; any number of runs */
    bool (*verify)(unsigned long total); /* whether all runs so far did `total` operations */
    unsigned long unit;                  /* operations that come only together: the levels of a chain, say */
    size_t bytes;                        /* of the objects that one operation lives in, all of them the caller's */
    bool is_baseline;                    /* no part of the library runs */
} operation;

#endif

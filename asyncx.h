/* asyncx: async/await for C, in this one file. The async runtime model of .NET (tasks, awaiters, completion sources,
 * reusable versioned sources, and the choice of where continuations run) without a heap, a dependency or a build step.
 *
 *   #include "asyncx.h"
 *   #include <stdio.h>
 *
 *   typedef ASYNCX_COMPLETION_SOURCE(const char *) answer;   // completed once, from outside
 *
 *   // What the function keeps while it waits: its parameters and those locals that live across an AWAIT.
 *   typedef struct {
 *       ASYNC_FRAME(void);   // the type of its result; always first
 *       answer *name;
 *   } greet;
 *
 *   static ASYNC(greet)
 *   {
 *       ASYNC_BEGIN();
 *       printf("Who is there?\n");
 *       AWAIT(self->name);   // returns to main; no thread waits here
 *       printf("Hello, %s!\n", self->name->result);
 *       ASYNC_END();
 *   }
 *
 *   int main(void)
 *   {
 *       static answer name;   // zeroed: nobody completed it yet
 *       static greet frame;   // zeroed before the first call; there is no heap
 *
 *       asyncx_start(ASYNC_CALL(greet, &frame, .name = &name));   // runs up to the AWAIT
 *       printf("(main goes on meanwhile)\n");
 *       asyncx_set_result(&name, "world");                        // resumes greet, inside this call
 *       return 0;
 *   }
 *
 * RULES: what bites, and what to write instead
 *
 *   Locals do not survive an AWAIT.             int i = 0; AWAIT(x); use(i);   ->  self->i, a member of the frame
 *     With an initialiser this is a compile error in gcc C and in every C++; clang finds the use.
 *   A frame is zero before its first call.      greet f;                       ->  static greet f;  or  greet f = {0};
 *     After it completed it may be called again as it is. It must not move or go away in between.
 *   One frame, one call at a time.              two ASYNC_CALLs, same frame    ->  two frames
 *   No AWAIT inside your own switch.            switch (k) { case 1: AWAIT(x); ->  if/else; or ASYNCX_COMPUTED_GOTO
 *     A compile error at -O0 and under ASYNCX_LINT=1 (gcc, clang), a trap at run time always.
 *   return is not ASYNC_RETURN.                 return;                        ->  ASYNC_RETURN(value);
 *   ASYNC_FINALLY needs a word in the frame.    ASYNC_FRAME(int);              ->  ASYNC_FRAME_FINALLY(int);
 *   Inline means inside set_*.                  set_result while holding a lock->  RUN_CONTINUATIONS_ASYNCHRONOUSLY
 *     The waiter's code runs on your stack, before the call returns, and may call you again or free the source.
 *   A value task is awaited once, before the next reset of its source. Everything older trips STALE_TOKEN.
 *   Nothing here may be left by longjmp or a C++ exception.
 *
 * CONFIG: define before the include, alike in all translation units of a program (* = may differ)
 *
 *   ASYNCX_SINGLE_THREADED    0      1: nothing completes operations from threads, signal handlers or interrupts
 *   ASYNCX_CRITICAL_ENTER()   -      with ASYNCX_CRITICAL_EXIT(saved): save and disable, restore; nests. Used instead
 *   ASYNCX_CRITICAL_EXIT(s)          of atomics. Default on AVR and ARMv6-M: the interrupt flag
 *   ASYNCX_CRITICAL_STATE     long   the type that ENTER returns (default unsigned long)
 *   ASYNCX_C11_ATOMICS        -      defined: <stdatomic.h> or <atomic> although the compiler has builtins
 *   ASYNCX_MSVC_ATOMICS       -      defined: the _Interlocked functions (default for MSVC)
 *   ASYNCX_IN_INTERRUPT()     *      whether this code runs in an interrupt; default: Cortex-M asks, others say no
 *   ASYNCX_THREAD_LOCAL       *      storage class of the state below; default: the compiler's, nothing on bare metal
 *   ASYNCX_THREAD_STATE()     *      pointer to this thread's asyncx_thread_state, for an RTOS without thread-local storage
 *   ASYNCX_INLINE_DEPTH       16     inline completions that may nest on a stack, 1 to 255 (default 4 below 64 bits)
 *   ASYNCX_TOKEN_BITS         32     width of a version, 16 or 32 (default 16 below 64 bits)
 *   ASYNCX_CHECKS             1      0: misuse is undefined behaviour *
 *   ASYNCX_PANIC(code, obj)   *      what misuse does; default: message and abort, a trap on bare metal. May return:
 *                                    the call that tripped then changes nothing
 *   ASYNCX_TRACE(event, obj)  *      called at start, suspend, resume, complete and post; default nothing
 *   ASYNCX_DIAGNOSTICS        0      1: async stack traces, for two pointers in each continuation
 *   ASYNCX_EXECUTION_CONTEXT  0      1: one ambient pointer flows with the async functions
 *   ASYNCX_LINT               *      1: see RULES; default 1 without optimisation (gcc, clang), else 0
 *   ASYNCX_COMPUTED_GOTO      0 *    1: resume by labels as values (gcc, clang), so that AWAIT works in any switch
 *   ASYNCX_NO_SHORT_NAMES     - *    defined: no ASYNC and AWAIT, only ASYNCX_ASYNC, ASYNCX_AWAIT, ...
 *   ASYNCX_ISO_ONLY           - *    defined: no statement expressions, nor _Generic before C11
 *
 * THREADS
 *
 *   From any thread, signal handler or interrupt: asyncx_[try_]set_result, _error, _canceled; asyncx_status_of,
 *   asyncx_outcome_of; asyncx_post, asyncx_start_on and asyncx_release as far as the executor's post allows; posting to
 *   a run queue. From any thread: awaiting, asyncx_on_completed, asyncx_withdraw, asyncx_resume. One owner at a time:
 *   running a queue, resetting a versioned source, initialising and destroying. A task runs on one thread at a time, and
 *   what happens before its suspension happens before its resumption, wherever that is.
 *
 * WHERE A CONTINUATION RUNS, in this order
 *
 *   0  in an interrupt (ASYNCX_IN_INTERRUPT)       posted: to the waiter's executor, else to the source's; else misuse
 *   1  the source is RUN_CONTINUATIONS_ASYNCHRONOUSLY   posted, likewise; such a source always has an executor
 *   2  the waiter captured an executor             inline if its is_current says so, else posted to it
 *   3  no executor                                 inline, on the completing thread, inside the completing call
 *
 *   A task captures the executor it was started on (asyncx_start_on), and its calls inherit it. asyncx_configure_await
 *   turns that off for one await. A child that ends on the executor of its parent resumes it without a hop. Whoever
 *   resumes an asyncx_suspend() by hand chooses the place, and an awaiter of your own does.
 *   Inline completions nest at most ASYNCX_INLINE_DEPTH deep on a thread's stack; the next one runs, in order, as soon as
 *   the outermost gets control back. Awaiting needs no stack at all: a chain of any depth starts and ends in one loop.
 *
 * CONTENTS
 *
 *   1 Configuration   2 Platform   3 Continuation, executor, run queue   4 Awaiter protocol   5 Async functions
 *   6 Completion source   7 Reusable versioned source, value task   13 Diagnostics   14 Dispatch
 *   What ends in an underscore is private. The contract of a function stands above its declaration.
 *
 * MIT licence, see the end of the file. */
#ifndef ASYNCX_H
#define ASYNCX_H

#define ASYNCX_VERSION_MAJOR 0
#define ASYNCX_VERSION_MINOR 1
#define ASYNCX_VERSION_PATCH 0

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* == 1. CONFIGURATION ======================================================================= */
/* Every option's default and legal values; the table at the top says what each one means. */

#ifndef ASYNCX_SINGLE_THREADED
#define ASYNCX_SINGLE_THREADED 0
#elif ASYNCX_SINGLE_THREADED != 0 && ASYNCX_SINGLE_THREADED != 1
#error "ASYNCX_SINGLE_THREADED must be 0 (threads or interrupts complete operations) or 1 (nothing ever does)"
#endif

#ifndef ASYNCX_CHECKS
#define ASYNCX_CHECKS 1
#elif ASYNCX_CHECKS != 0 && ASYNCX_CHECKS != 1
#error "ASYNCX_CHECKS must be 1 (misuse trips ASYNCX_PANIC) or 0 (misuse is undefined behaviour)"
#endif

#ifndef ASYNCX_INLINE_DEPTH
#if UINTPTR_MAX <= 0xFFFFFFFF
#define ASYNCX_INLINE_DEPTH 4
#else
#define ASYNCX_INLINE_DEPTH 16
#endif
#elif ASYNCX_INLINE_DEPTH < 1 || ASYNCX_INLINE_DEPTH > 255
#error "ASYNCX_INLINE_DEPTH must be 1 to 255: how many inline completions may nest on one thread's stack"
#endif

#ifndef ASYNCX_TOKEN_BITS
#if UINTPTR_MAX > 0xFFFFFFFF
#define ASYNCX_TOKEN_BITS 32
#else
#define ASYNCX_TOKEN_BITS 16
#endif
#elif ASYNCX_TOKEN_BITS != 16 && ASYNCX_TOKEN_BITS != 32
#error "ASYNCX_TOKEN_BITS must be 16 or 32: the width of a versioned source's token"
#endif

#ifndef ASYNCX_COMPUTED_GOTO
#define ASYNCX_COMPUTED_GOTO 0
#elif ASYNCX_COMPUTED_GOTO != 0 && ASYNCX_COMPUTED_GOTO != 1
#error "ASYNCX_COMPUTED_GOTO must be 0 (switch) or 1 (labels as values: gcc and clang only, no unknown-resume-point check)"
#elif ASYNCX_COMPUTED_GOTO && !defined(__GNUC__)
#error "ASYNCX_COMPUTED_GOTO=1 needs labels as values, which gcc and clang have: leave it 0 on this compiler"
#endif

#ifndef ASYNCX_LINT
#if defined(__GNUC__) && !defined(__OPTIMIZE__) && !ASYNCX_COMPUTED_GOTO
#define ASYNCX_LINT 1
#else
#define ASYNCX_LINT 0
#endif
#elif ASYNCX_LINT != 0 && ASYNCX_LINT != 1
#error "ASYNCX_LINT must be 0 or 1: 1 turns an AWAIT inside the user's own switch into a compile error (gcc, clang)"
#endif

#ifndef ASYNCX_DIAGNOSTICS
#define ASYNCX_DIAGNOSTICS 0
#elif ASYNCX_DIAGNOSTICS != 0 && ASYNCX_DIAGNOSTICS != 1
#error "ASYNCX_DIAGNOSTICS must be 0 or 1: 1 adds two pointers to a continuation and makes async stack traces possible"
#endif

#ifndef ASYNCX_EXECUTION_CONTEXT
#define ASYNCX_EXECUTION_CONTEXT 0
#elif ASYNCX_EXECUTION_CONTEXT != 0 && ASYNCX_EXECUTION_CONTEXT != 1
#error "ASYNCX_EXECUTION_CONTEXT must be 0 or 1: 1 makes one ambient pointer flow with the async functions"
#endif

/* Called with an asyncx_trace_event and the asyncx_task (or the asyncx_continuation that is posted). */
#ifndef ASYNCX_TRACE
#define ASYNCX_TRACE(event, object) ((void)0)
#endif
typedef enum asyncx_trace_event {
    ASYNCX_TRACE_START,      /* a task runs for the first time                                    */
    ASYNCX_TRACE_SUSPEND,    /* it is about to wait                                               */
    ASYNCX_TRACE_RESUME,     /* it goes on                                                        */
    ASYNCX_TRACE_COMPLETE,   /* it ends; its waiters come next                                    */
    ASYNCX_TRACE_POST        /* a continuation is handed to an executor                           */
} asyncx_trace_event;

/* == 2. PLATFORM ============================================================================ */
/* Compiler attributes, atomics back ends, where a thread keeps its state, and the misuse trap.  */

#if defined(__GNUC__) && !defined(__TINYC__)
#define ASYNCX_ALWAYS_INLINE_ static inline __attribute__((always_inline))
#define ASYNCX_COLD_ static __attribute__((noinline, cold, unused))
#define ASYNCX_OUTLINE_ static __attribute__((noinline, unused))
#define ASYNCX_LIKELY_(condition) __builtin_expect(!!(condition), 1)
#define ASYNCX_KNOWN_ALIGNED_(pointer) __builtin_assume_aligned(pointer, 4)
#define ASYNCX_HIDE_(pointer) __asm__("" : "+r"(pointer))   /* keeps the loop that resumes tight: nothing to peel */
#else
#define ASYNCX_ALWAYS_INLINE_ static inline
#define ASYNCX_COLD_ static inline
#define ASYNCX_OUTLINE_ static inline
#define ASYNCX_LIKELY_(condition) (condition)
#define ASYNCX_KNOWN_ALIGNED_(pointer) (pointer)
#define ASYNCX_HIDE_(pointer) ((void)0)
#endif

#if defined(__GNUC__) || defined(__TINYC__)
#define ASYNCX_ALIGNED_(bytes) __attribute__((aligned(bytes)))
#define ASYNCX_SHARED_ __attribute__((weak, visibility("hidden")))
#elif defined(_MSC_VER)
#define ASYNCX_ALIGNED_(bytes)
#define ASYNCX_SHARED_ __declspec(selectany)
#else
#define ASYNCX_ALIGNED_(bytes)
#define ASYNCX_SHARED_ static
#endif

#if defined(__cplusplus)
#define ASYNCX_EXTERN_C_ extern "C"
#define ASYNCX_STATIC_ASSERT_(condition, name) static_assert(condition, #name)
#else
#define ASYNCX_EXTERN_C_
#if defined(__GNUC__) && !defined(__TINYC__)
#define ASYNCX_STATIC_ASSERT_(condition, name) __extension__ _Static_assert(condition, #name)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define ASYNCX_STATIC_ASSERT_(condition, name) _Static_assert(condition, #name)
#else
#define ASYNCX_STATIC_ASSERT_(condition, name) struct name { unsigned int name : (condition) ? 1 : -1; }
#endif
#endif

/* Statement expressions and typeof let a macro evaluate each argument once, in C and in C++. */
#if (defined(__GNUC__) || defined(__TINYC__)) && !defined(ASYNCX_ISO_ONLY)
#define ASYNCX_GNU_ 1
#define ASYNCX_EXTENSION_ __extension__
#define ASYNCX_TYPEOF_(expression) __typeof__(expression)
#else
#define ASYNCX_GNU_ 0
#endif

/* How AWAIT tells the types of its operand apart: overloads, _Generic, or not at all (ISO C99). */
#if defined(__cplusplus)
#define ASYNCX_GENERIC_ 0
#define ASYNCX_OVERLOADS_ 1
#else
#define ASYNCX_OVERLOADS_ 0
#if ASYNCX_GNU_ || (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L)
#define ASYNCX_GENERIC_ 1
#else
#define ASYNCX_GENERIC_ 0
#endif
#endif

#if defined(__unix__) || defined(__APPLE__) || defined(_WIN32) || defined(__wasi__)
#define ASYNCX_HOSTED_ 1
#else
#define ASYNCX_HOSTED_ 0
#endif

/* Atomics. One pointer-sized word type and six operations are all that the library asks of a back end. */
#if ASYNCX_SINGLE_THREADED
#define ASYNCX_BACKEND_PLAIN_ 1
#elif defined(ASYNCX_CRITICAL_ENTER) || defined(ASYNCX_CRITICAL_EXIT)
#if !defined(ASYNCX_CRITICAL_ENTER) || !defined(ASYNCX_CRITICAL_EXIT)
#error "ASYNCX_CRITICAL_ENTER() and ASYNCX_CRITICAL_EXIT(saved) come as a pair: define both or neither"
#endif
#define ASYNCX_BACKEND_CRITICAL_ 1
#elif defined(ASYNCX_C11_ATOMICS)
#define ASYNCX_BACKEND_C11_ 1
#elif defined(ASYNCX_MSVC_ATOMICS) || (defined(_MSC_VER) && !defined(__clang__))
#define ASYNCX_BACKEND_MSVC_ 1
#elif defined(__GCC_ATOMIC_POINTER_LOCK_FREE) && __GCC_ATOMIC_POINTER_LOCK_FREE == 2
#define ASYNCX_BACKEND_BUILTIN_ 1
#elif defined(__AVR__)
#define ASYNCX_BACKEND_CRITICAL_ 1
#define ASYNCX_CRITICAL_STATE unsigned char
#define ASYNCX_CRITICAL_ENTER() asyncx_avr_disable_interrupts_()
#define ASYNCX_CRITICAL_EXIT(saved) asyncx_avr_restore_interrupts_(saved)
static inline unsigned char asyncx_avr_disable_interrupts_(void)
{
    unsigned char saved;
    __asm__ volatile("in %0, __SREG__\n\tcli" : "=r"(saved) : : "memory");
    return saved;
}
static inline void asyncx_avr_restore_interrupts_(unsigned char saved)
{
    __asm__ volatile("out __SREG__, %0" : : "r"(saved) : "memory");
}
#elif defined(__ARM_ARCH_6M__)
#define ASYNCX_BACKEND_CRITICAL_ 1
#define ASYNCX_CRITICAL_STATE uint32_t
#define ASYNCX_CRITICAL_ENTER() asyncx_cortex_m_disable_interrupts_()
#define ASYNCX_CRITICAL_EXIT(saved) asyncx_cortex_m_restore_interrupts_(saved)
static inline uint32_t asyncx_cortex_m_disable_interrupts_(void)
{
    uint32_t saved;
    __asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(saved) : : "memory");
    return saved;
}
static inline void asyncx_cortex_m_restore_interrupts_(uint32_t saved)
{
    __asm__ volatile("msr primask, %0" : : "r"(saved) : "memory");
}
#elif defined(__cplusplus) || (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L && !defined(__STDC_NO_ATOMICS__))
#define ASYNCX_BACKEND_C11_ 1
#else
#error "no atomics here: define ASYNCX_SINGLE_THREADED=1, or ASYNCX_CRITICAL_ENTER() and ASYNCX_CRITICAL_EXIT(saved)"
#endif

#if defined(ASYNCX_BACKEND_PLAIN_)
typedef uintptr_t asyncx_word;
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_load_(const asyncx_word *word) { return *word; }
ASYNCX_ALWAYS_INLINE_ void asyncx_store_(asyncx_word *word, uintptr_t value) { *word = value; }
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_exchange_(asyncx_word *word, uintptr_t value)
{
    uintptr_t old = *word;
    *word = value;
    return old;
}
ASYNCX_ALWAYS_INLINE_ bool asyncx_compare_exchange_(asyncx_word *word, uintptr_t expected, uintptr_t value)
{
    (void)expected;   /* was loaded just before, and nobody else is there */
    *word = value;
    return true;
}
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_fetch_or_(asyncx_word *word, uintptr_t bits)
{
    uintptr_t old = *word;
    *word = old | bits;
    return old;
}
#elif defined(ASYNCX_BACKEND_CRITICAL_)
#ifndef ASYNCX_CRITICAL_STATE
#define ASYNCX_CRITICAL_STATE unsigned long
#endif
typedef uintptr_t asyncx_word;
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_load_(const asyncx_word *word)
{
    ASYNCX_CRITICAL_STATE saved = ASYNCX_CRITICAL_ENTER();
    uintptr_t value = *(const volatile asyncx_word *)word;
    ASYNCX_CRITICAL_EXIT(saved);
    return value;
}
ASYNCX_ALWAYS_INLINE_ void asyncx_store_(asyncx_word *word, uintptr_t value)
{
    ASYNCX_CRITICAL_STATE saved = ASYNCX_CRITICAL_ENTER();
    *(volatile asyncx_word *)word = value;
    ASYNCX_CRITICAL_EXIT(saved);
}
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_exchange_(asyncx_word *word, uintptr_t value)
{
    ASYNCX_CRITICAL_STATE saved = ASYNCX_CRITICAL_ENTER();
    uintptr_t old = *(volatile asyncx_word *)word;
    *(volatile asyncx_word *)word = value;
    ASYNCX_CRITICAL_EXIT(saved);
    return old;
}
ASYNCX_ALWAYS_INLINE_ bool asyncx_compare_exchange_(asyncx_word *word, uintptr_t expected, uintptr_t value)
{
    ASYNCX_CRITICAL_STATE saved = ASYNCX_CRITICAL_ENTER();
    bool equal = *(volatile asyncx_word *)word == expected;
    if (equal)
        *(volatile asyncx_word *)word = value;
    ASYNCX_CRITICAL_EXIT(saved);
    return equal;
}
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_fetch_or_(asyncx_word *word, uintptr_t bits)
{
    ASYNCX_CRITICAL_STATE saved = ASYNCX_CRITICAL_ENTER();
    uintptr_t old = *(volatile asyncx_word *)word;
    *(volatile asyncx_word *)word = old | bits;
    ASYNCX_CRITICAL_EXIT(saved);
    return old;
}
#elif defined(ASYNCX_BACKEND_BUILTIN_)
typedef uintptr_t asyncx_word;
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_load_(const asyncx_word *word)
{
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);   /* whoever sees an outcome sees the result written before it */
}
ASYNCX_ALWAYS_INLINE_ void asyncx_store_(asyncx_word *word, uintptr_t value)
{
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_exchange_(asyncx_word *word, uintptr_t value)
{
    return __atomic_exchange_n(word, value, __ATOMIC_ACQ_REL);   /* publishes the result, and sees the waiters' fields */
}
ASYNCX_ALWAYS_INLINE_ bool asyncx_compare_exchange_(asyncx_word *word, uintptr_t expected, uintptr_t value)
{
    return __atomic_compare_exchange_n(word, &expected, value, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_fetch_or_(asyncx_word *word, uintptr_t bits)
{
    return __atomic_fetch_or(word, bits, __ATOMIC_ACQ_REL);
}
#elif defined(ASYNCX_BACKEND_MSVC_)
#if defined(_MSC_VER)
#include <intrin.h>
#endif
typedef volatile uintptr_t asyncx_word;
#if UINTPTR_MAX > 0xFFFFFFFF
#define ASYNCX_INTERLOCKED_(operation) _Interlocked##operation##64
typedef __int64 asyncx_interlocked_;
#else
#define ASYNCX_INTERLOCKED_(operation) _Interlocked##operation
typedef long asyncx_interlocked_;
#endif
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_load_(const asyncx_word *word)
{
    return (uintptr_t)ASYNCX_INTERLOCKED_(Or)((volatile asyncx_interlocked_ *)word, 0);
}
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_exchange_(asyncx_word *word, uintptr_t value)
{
    return (uintptr_t)ASYNCX_INTERLOCKED_(Exchange)((volatile asyncx_interlocked_ *)word, (asyncx_interlocked_)value);
}
ASYNCX_ALWAYS_INLINE_ void asyncx_store_(asyncx_word *word, uintptr_t value) { (void)asyncx_exchange_(word, value); }
ASYNCX_ALWAYS_INLINE_ bool asyncx_compare_exchange_(asyncx_word *word, uintptr_t expected, uintptr_t value)
{
    return (uintptr_t)ASYNCX_INTERLOCKED_(CompareExchange)((volatile asyncx_interlocked_ *)word, (asyncx_interlocked_)value,
                                                           (asyncx_interlocked_)expected) == expected;
}
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_fetch_or_(asyncx_word *word, uintptr_t bits)
{
    return (uintptr_t)ASYNCX_INTERLOCKED_(Or)((volatile asyncx_interlocked_ *)word, (asyncx_interlocked_)bits);
}
#else
#if defined(__cplusplus)
#include <atomic>
typedef std::atomic<uintptr_t> asyncx_word;
#define ASYNCX_STD_(name) std::name
#else
#include <stdatomic.h>
typedef _Atomic(uintptr_t) asyncx_word;
#define ASYNCX_STD_(name) name
#endif
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_load_(const asyncx_word *word)
{
    /* C11's first text forgot that a const object can be loaded from. */
    return ASYNCX_STD_(atomic_load_explicit)((asyncx_word *)(uintptr_t)word, ASYNCX_STD_(memory_order_acquire));
}
ASYNCX_ALWAYS_INLINE_ void asyncx_store_(asyncx_word *word, uintptr_t value)
{
    ASYNCX_STD_(atomic_store_explicit)(word, value, ASYNCX_STD_(memory_order_release));
}
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_exchange_(asyncx_word *word, uintptr_t value)
{
    return ASYNCX_STD_(atomic_exchange_explicit)(word, value, ASYNCX_STD_(memory_order_acq_rel));
}
ASYNCX_ALWAYS_INLINE_ bool asyncx_compare_exchange_(asyncx_word *word, uintptr_t expected, uintptr_t value)
{
    return ASYNCX_STD_(atomic_compare_exchange_strong_explicit)(word, &expected, value, ASYNCX_STD_(memory_order_acq_rel),
                                                                ASYNCX_STD_(memory_order_relaxed));
}
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_fetch_or_(asyncx_word *word, uintptr_t bits)
{
    return ASYNCX_STD_(atomic_fetch_or_explicit)(word, bits, ASYNCX_STD_(memory_order_acq_rel));
}
#endif

/* For a word that nobody else sees yet, and for one whose value the caller's own resumption proves to be there. */
#if defined(ASYNCX_BACKEND_C11_)
ASYNCX_ALWAYS_INLINE_ void asyncx_init_(asyncx_word *word, uintptr_t value)
{
    ASYNCX_STD_(atomic_store_explicit)(word, value, ASYNCX_STD_(memory_order_relaxed));
}
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_peek_(asyncx_word *word)
{
    return ASYNCX_STD_(atomic_load_explicit)(word, ASYNCX_STD_(memory_order_relaxed));
}
#else
ASYNCX_ALWAYS_INLINE_ void asyncx_init_(asyncx_word *word, uintptr_t value) { *word = value; }
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_peek_(asyncx_word *word)
{
#if defined(ASYNCX_BACKEND_BUILTIN_)
    return __atomic_load_n(word, __ATOMIC_RELAXED);
#else
    return *word;
#endif
}
#endif

/* For a word that is still nobody else's, if everything is as it should be. */
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_read_(asyncx_word *word)
{
#if defined(ASYNCX_BACKEND_BUILTIN_)
    return *word;
#else
    return asyncx_peek_(word);
#endif
}

/* Whether this code runs inside an interrupt handler, where a continuation never runs inline. */
#ifndef ASYNCX_IN_INTERRUPT
#if defined(__ARM_ARCH_PROFILE) && __ARM_ARCH_PROFILE == 'M'
static inline bool asyncx_in_exception_(void)
{
    uint32_t exception;
    __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
    return exception != 0;
}
#define ASYNCX_IN_INTERRUPT() asyncx_in_exception_()
#else
#define ASYNCX_IN_INTERRUPT() false
#endif
#endif

/* Where the one piece of state that a thread needs lives. */
#ifndef ASYNCX_THREAD_LOCAL
#if ASYNCX_SINGLE_THREADED || (defined(ASYNCX_BACKEND_CRITICAL_) && !ASYNCX_HOSTED_) || !ASYNCX_HOSTED_
#define ASYNCX_THREAD_LOCAL
#elif defined(__GNUC__) && !defined(__TINYC__)
#define ASYNCX_THREAD_LOCAL __thread
#elif defined(_MSC_VER)
#define ASYNCX_THREAD_LOCAL __declspec(thread)
#elif defined(__cplusplus)
#define ASYNCX_THREAD_LOCAL thread_local
#elif defined(__TINYC__)
#if !defined(ASYNCX_THREAD_STATE)
#error "no thread-local storage here: define ASYNCX_THREAD_STATE(), or ASYNCX_THREAD_LOCAL as nothing if one thread runs"
#endif
#else
#define ASYNCX_THREAD_LOCAL _Thread_local
#endif
#endif

/* Every misuse that trips, with what to do about it: X(code, message). */
#define ASYNCX_MISUSE_LIST(X)                                                                                          \
    X(ALREADY_COMPLETED, "the source is already completed: use try_set_* where completers race")                       \
    X(STALE_TOKEN, "the token is from before a reset: await a value task once, and before its source is reset")        \
    X(RESULT_BEFORE_COMPLETION, "not completed yet: await it, and let only its completion resume the awaiting task")   \
    X(SECOND_CONTINUATION, "it has a waiter already: a versioned source serves one, a completion source any number")   \
    X(RESET_WHILE_AWAITED, "the source has a waiter: reset it after its operation is completed and consumed")          \
    X(FRAME_IN_USE, "the frame is running, or was not zeroed before its first use: one frame, one call at a time")     \
    X(DESTROYED_IN_USE, "it is running or has waiters: let it complete, or withdraw the waiters, before it goes away") \
    X(RESUMED_WHILE_RUNNING, "the task is running: resume a continuation once for each suspension")                    \
    X(RESUMED_AFTER_COMPLETION, "the task is complete, or not started: ASYNC_CALL it, then await or start it")             \
    X(UNKNOWN_RESUME_POINT, "no such resume point: an AWAIT inside the user's own switch, or an overwritten frame")    \
    X(MISSING_EXECUTOR, "a continuation must be posted, but there is no executor: give one to the source or the task") \
    X(UNINITIALISED, "not initialised: call its init function, or ASYNC_CALL the frame, first")                                   \
    X(BAD_ERROR, "an error code is a non-zero int within ASYNCX_ERROR_MIN to ASYNCX_ERROR_MAX")                        \
    X(SECOND_OWNER, "another thread is running this run queue: one thread at a time drains a queue")

typedef enum asyncx_misuse {
    ASYNCX_MISUSE_NONE = 0,
#define ASYNCX_MISUSE_ENUMERATOR_(code, message) ASYNCX_MISUSE_##code,
    ASYNCX_MISUSE_LIST(ASYNCX_MISUSE_ENUMERATOR_)
#undef ASYNCX_MISUSE_ENUMERATOR_
    ASYNCX_MISUSE_COUNT
} asyncx_misuse;

/* Returns the name of `code` ("STALE_TOKEN").
 *
 *   Returns  a string of static duration; "UNKNOWN" for a value that is no code.
 *   Threads  any thread, signal handler or interrupt.
 */
static inline const char *asyncx_misuse_name(asyncx_misuse code)
{
    switch (code) {
#define ASYNCX_MISUSE_CASE_(name, message) \
    case ASYNCX_MISUSE_##name: return #name;
        ASYNCX_MISUSE_LIST(ASYNCX_MISUSE_CASE_)
#undef ASYNCX_MISUSE_CASE_
    case ASYNCX_MISUSE_NONE:
    case ASYNCX_MISUSE_COUNT: break;
    }
    return "UNKNOWN";
}

/* Returns what to do about `code`, one line without a full stop.
 *
 *   Returns  a string of static duration; "unknown misuse" for a value that is no code.
 *   Threads  any thread, signal handler or interrupt.
 */
static inline const char *asyncx_misuse_message(asyncx_misuse code)
{
    switch (code) {
#define ASYNCX_MISUSE_CASE_(name, message) \
    case ASYNCX_MISUSE_##name: return message;
        ASYNCX_MISUSE_LIST(ASYNCX_MISUSE_CASE_)
#undef ASYNCX_MISUSE_CASE_
    case ASYNCX_MISUSE_NONE:
    case ASYNCX_MISUSE_COUNT: break;
    }
    return "unknown misuse";
}

#ifndef ASYNCX_PANIC
#if ASYNCX_HOSTED_
#include <stdio.h>
#include <stdlib.h>
ASYNCX_COLD_ void asyncx_panic_(asyncx_misuse code, const void *object)
{
    fprintf(stderr, "asyncx: misuse %s of %p: %s\n", asyncx_misuse_name(code), object, asyncx_misuse_message(code));
    abort();
}
#elif defined(__GNUC__)
#define asyncx_panic_(code, object) __builtin_trap()
#else
#define asyncx_panic_(code, object) for (;;)
#endif
#define ASYNCX_PANIC(code, object) asyncx_panic_(code, object)
#endif

#if ASYNCX_CHECKS
ASYNCX_COLD_ void asyncx_misuse_(asyncx_misuse code, const void *object)
{
    volatile asyncx_misuse opaque = code;   /* so that no compiler takes a panic for the end: its callers leave by tail calls */
    (void)object;
    if (opaque != ASYNCX_MISUSE_NONE)
        ASYNCX_PANIC(code, object);
}
#else
#define asyncx_misuse_(code, object) ((void)0)
#endif
/* Whether a tripwire fires; false at compile time when checks are off. */
#define ASYNCX_TRIPS_(condition) (ASYNCX_CHECKS && !ASYNCX_LIKELY_(!(condition)))

#if defined(__cplusplus)
extern "C" {
#endif

/* == 3. CONTINUATION, EXECUTOR, RUN QUEUE ===================================================== */
/* The node that is resumed, the loop that resumes it, the user's hook, and a queue that needs no heap. */

typedef struct asyncx_continuation asyncx_continuation;
typedef struct asyncx_executor asyncx_executor;

/* Something that can be resumed: a suspended async function is one, a plain callback can be one too. */
struct asyncx_continuation {
    /* Does the work and returns the continuation to run next, or NULL. The loop that called it runs that one:
     * a callee never calls its caller, which is why long chains need no stack. */
    asyncx_continuation *(*resume)(asyncx_continuation *self);
    /* private: */
    asyncx_continuation *next;   /* link in a list of waiters, a run queue or the deferred list: one at a time */
    uintptr_t executor;          /* the captured executor, or 0; bit 0: not used, its task runs elsewhere now */
#if ASYNCX_EXECUTION_CONTEXT
    void *context;               /* what flows into the resumption, or asyncx_no_flow_ */
    bool flows;                  /* a task's: it flows whichever awaiter is asked, with or without the flag */
#endif
#if ASYNCX_DIAGNOSTICS
    const char *function;        /* NULL for a plain callback */
    const struct asyncx_site *site;
#endif
};

/* The user's hook for where continuations run. Embed it first in your own executor. */
struct asyncx_executor {
    /* Arranges for asyncx_run(continuation) to be called once, later, on this executor; never runs it before
     * returning. Called from any thread, signal handler or interrupt that completes an operation, so it allocates
     * nothing and takes no lock that such a caller may hold. Until it runs, `continuation->next` is the executor's. */
    void (*post)(asyncx_executor *self, asyncx_continuation *continuation);
    /* Returns whether the caller already runs on this executor, so that a continuation may run inline; NULL: never. */
    bool (*is_current)(asyncx_executor *self);
} ASYNCX_ALIGNED_(sizeof(void *) < 4 ? 4 : sizeof(void *));

/* What a thread needs to bound the depth of its inline completions; one per thread, see ASYNCX_THREAD_LOCAL. */
typedef struct asyncx_thread_state {
    /* private: */
    asyncx_continuation *deferred;   /* circular, the newest; its next is the oldest */
    unsigned int depth;              /* inline completions on the stack now */
#if ASYNCX_EXECUTION_CONTEXT
    void *context;
#endif
} asyncx_thread_state;

#ifndef ASYNCX_THREAD_STATE
extern ASYNCX_THREAD_LOCAL asyncx_thread_state asyncx_thread_;
ASYNCX_SHARED_ ASYNCX_THREAD_LOCAL asyncx_thread_state asyncx_thread_;
#define ASYNCX_THREAD_STATE() (&asyncx_thread_)
#endif

#if ASYNCX_EXECUTION_CONTEXT
#define asyncx_no_flow_ ((void *)(uintptr_t)1)   /* the same in every file, and nobody's context */

/* Returns the ambient execution context of the running code.
 *
 *   Returns  what asyncx_set_execution_context set in this flow of control; NULL at first.
 *   Threads  any thread; each has its own.
 *   Source   ExecutionContext; semantics EC-1 to EC-4.
 */
static inline void *asyncx_execution_context(void) { return ASYNCX_THREAD_STATE()->context; }

/* Replaces the ambient execution context. It flows into every async function called and every suspension made from
 * here on; a change that a callee makes never reaches its caller.
 *
 *   Threads  any thread; each has its own.
 *   Source   ExecutionContext; semantics EC-1 to EC-4.
 */
static inline void asyncx_set_execution_context(void *context) { ASYNCX_THREAD_STATE()->context = context; }
#endif

/* Prepares a plain callback.
 *
 *   resume    see asyncx_continuation.
 *   executor  where it runs when it is registered with ASYNCX_USE_EXECUTOR; NULL: wherever its operation completes.
 *   Threads   before the continuation is shared.
 *   Owns      the continuation until it is resumed or withdrawn; resume finds its own data around it.
 */
static inline void asyncx_continuation_init(asyncx_continuation *continuation,
                                            asyncx_continuation *(*resume)(asyncx_continuation *self),
                                            asyncx_executor *executor)
{
    continuation->resume = resume;
    continuation->next = NULL;
    continuation->executor = (uintptr_t)executor;
#if ASYNCX_EXECUTION_CONTEXT
    continuation->context = asyncx_no_flow_;
    continuation->flows = false;
#endif
#if ASYNCX_DIAGNOSTICS
    continuation->function = NULL;
    continuation->site = NULL;
#endif
}

ASYNCX_ALWAYS_INLINE_ asyncx_continuation *asyncx_step_(asyncx_continuation *continuation)
{
#if ASYNCX_EXECUTION_CONTEXT
    asyncx_thread_state *thread = ASYNCX_THREAD_STATE();
    void *saved = thread->context;
    if (continuation->context != asyncx_no_flow_)
        thread->context = continuation->context;
    continuation = continuation->resume(continuation);
    thread->context = saved;
    return continuation;
#else
    return continuation->resume(continuation);
#endif
}

/* Runs `continuation`, then each continuation that resuming it hands back, until there is none.
 *
 *   Threads  the thread that shall run it; not from an interrupt.
 *   Resumes  everything in this chain, here and now. For executors, and for driving a task by hand.
 */
static inline void asyncx_run(asyncx_continuation *continuation)
{
    do {
        ASYNCX_HIDE_(continuation);
        continuation = asyncx_step_(continuation);
    } while (continuation);
}

/* Keeps `continuation` for the outermost asyncx_resume of this thread, in order. */
ASYNCX_COLD_ void asyncx_defer_(asyncx_thread_state *thread, asyncx_continuation *continuation)
{
    asyncx_continuation *newest = thread->deferred;
    if (newest) {
        continuation->next = newest->next;
        newest->next = continuation;
    } else {
        continuation->next = continuation;
    }
    thread->deferred = continuation;
}

ASYNCX_COLD_ void asyncx_run_deferred_(asyncx_thread_state *thread)
{
    asyncx_continuation *newest;
    while ((newest = thread->deferred) != NULL) {
        asyncx_continuation *oldest = newest->next;
        if (oldest == newest)
            thread->deferred = NULL;
        else
            newest->next = oldest->next;
        thread->depth++;
        asyncx_run(oldest);
        thread->depth--;
    }
}

/* Resumes `continuation` inline, on the calling thread, within this thread's stack bound: what an awaiter calls when
 * its operation completes and the continuation shall run right here.
 *
 *   Threads  any thread; not from an interrupt.
 *   Resumes  before returning; unless ASYNCX_INLINE_DEPTH calls are on this thread's stack already, then as soon as
 *            the outermost of them gets control back, in the order of these calls.
 *   Owns     the continuation may free everything that belongs to it: touch none of it afterwards.
 */
static inline void asyncx_resume(asyncx_continuation *continuation)
{
    asyncx_thread_state *thread = ASYNCX_THREAD_STATE();
    if (!ASYNCX_LIKELY_(thread->depth < ASYNCX_INLINE_DEPTH)) {
        asyncx_defer_(thread, continuation);
        return;
    }
    thread->depth++;
    asyncx_run(continuation);
    thread = ASYNCX_THREAD_STATE();
    if (!ASYNCX_LIKELY_(--thread->depth) && !ASYNCX_LIKELY_(!thread->deferred))
        asyncx_run_deferred_(thread);
}

/* Posts to an executor that is known to be one. */
ASYNCX_ALWAYS_INLINE_ void asyncx_post_to_(asyncx_executor *executor, asyncx_continuation *continuation)
{
    if (ASYNCX_TRIPS_(!executor->post)) {
        asyncx_misuse_(ASYNCX_MISUSE_UNINITIALISED, executor);
        return;
    }
    ASYNCX_TRACE(ASYNCX_TRACE_POST, continuation);
    executor->post(executor, continuation);
}

/* Posts `continuation` to `executor`: it runs there later, never inside this call.
 *
 *   Threads  any thread, signal handler or interrupt that the executor's post accepts.
 *   Owns     the executor keeps the continuation until it ran.
 *   Misuse   MISSING_EXECUTOR for NULL, UNINITIALISED for an executor without post; the continuation does not run.
 */
static inline void asyncx_post(asyncx_executor *executor, asyncx_continuation *continuation)
{
    if (ASYNCX_TRIPS_(!executor)) {
        asyncx_misuse_(ASYNCX_MISUSE_MISSING_EXECUTOR, continuation);
        return;
    }
    asyncx_post_to_(executor, continuation);
}

/* Returns a list that is linked newest first as one that is linked oldest first. */
ASYNCX_ALWAYS_INLINE_ asyncx_continuation *asyncx_reverse_(asyncx_continuation *newest)
{
    asyncx_continuation *oldest = NULL;
    if (ASYNCX_LIKELY_(newest && !newest->next))
        return newest;
    while (newest) {
        asyncx_continuation *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

/* A FIFO of continuations that one owner at a time runs. Any length, no allocation: the continuations are the links. */
typedef struct asyncx_run_queue asyncx_run_queue;
struct asyncx_run_queue {
    asyncx_executor executor;   /* give &queue.executor to whatever shall run here */
    /* private: */
    asyncx_word newest;           /* what was posted last; threaded: its links lead to older ones, back to the last look */
    asyncx_continuation *ready;   /* what runs next, linked to newer ones; the owner's alone */
    asyncx_word owner;            /* the thread state of the thread that runs the queue now, or 0 */
    void (*wake)(asyncx_run_queue *self);
};

static inline bool asyncx_run_queue_is_current_(asyncx_executor *executor)
{
    asyncx_run_queue *queue = (asyncx_run_queue *)(void *)executor;
    return asyncx_load_(&queue->owner) == (uintptr_t)ASYNCX_THREAD_STATE();
}

static inline void asyncx_run_queue_post_(asyncx_executor *executor, asyncx_continuation *continuation)
{
    asyncx_run_queue *queue = (asyncx_run_queue *)(void *)executor;
#if ASYNCX_SINGLE_THREADED
    continuation->next = NULL;
    if (queue->ready) {
        ((asyncx_continuation *)queue->newest)->next = continuation;
        queue->newest = (uintptr_t)continuation;
        return;
    }
    queue->ready = continuation;
    queue->newest = (uintptr_t)continuation;
#else
    uintptr_t newest;
    do {
        newest = asyncx_load_(&queue->newest);
        continuation->next = (asyncx_continuation *)newest;
    } while (!asyncx_compare_exchange_(&queue->newest, newest, (uintptr_t)continuation));
    if (newest)
        return;
#endif
    if (queue->wake && !asyncx_run_queue_is_current_(executor))
        queue->wake(queue);
}

/* Makes `queue` empty and usable.
 *
 *   wake     called by the first post since the owner looked for more, on the posting thread or interrupt, unless that
 *            is the owner running the queue: it makes the owner stop sleeping (write an eventfd, signal a condition
 *            variable, set an event). NULL: the owner polls.
 *   Threads  before the queue is shared.
 *   Owns     continuations that are posted to it, until they ran.
 */
static inline void asyncx_run_queue_init(asyncx_run_queue *queue, void (*wake)(asyncx_run_queue *queue))
{
    queue->executor.post = asyncx_run_queue_post_;
    queue->executor.is_current = asyncx_run_queue_is_current_;
    asyncx_store_(&queue->newest, 0);
    queue->ready = NULL;
    asyncx_store_(&queue->owner, 0);
    queue->wake = wake;
}

/* Whether this thread may run the queue: `outer`, who runs it now, is nobody or this thread itself. */
ASYNCX_ALWAYS_INLINE_ bool asyncx_run_queue_may_run_(asyncx_run_queue *queue, uintptr_t outer)
{
    bool is_taken = !ASYNCX_SINGLE_THREADED && outer && outer != (uintptr_t)ASYNCX_THREAD_STATE();
    if (ASYNCX_TRIPS_(is_taken)) {
        asyncx_misuse_(ASYNCX_MISUSE_SECOND_OWNER, queue);
        return false;
    }
    (void)queue;
    return true;
}

/* Appends what was posted to what is ready, if `whole`, or only if nothing is ready; returns what is to run next. */
ASYNCX_ALWAYS_INLINE_ asyncx_continuation *asyncx_run_queue_look_(asyncx_run_queue *queue, bool whole)
{
#if ASYNCX_SINGLE_THREADED
    (void)whole;
#else
    if ((whole || !queue->ready) && asyncx_load_(&queue->newest)) {
        asyncx_continuation **last = &queue->ready;
        while (*last)
            last = &(*last)->next;
        *last = asyncx_reverse_((asyncx_continuation *)asyncx_exchange_(&queue->newest, 0));
    }
#endif
    return queue->ready;
}

/* Runs the oldest continuation of `queue`, if there is one.
 *
 *   Returns  true when it ran one; false when the queue was empty: the next post calls wake.
 *   Threads  the owner. Owners may change, but two never run the queue at the same time (misuse SECOND_OWNER).
 *   Resumes  the continuation, and whatever it completes inline.
 */
static inline bool asyncx_run_queue_run_one(asyncx_run_queue *queue)
{
    uintptr_t outer = asyncx_peek_(&queue->owner);
    asyncx_continuation *oldest;
    if (!asyncx_run_queue_may_run_(queue, outer))
        return false;
    oldest = asyncx_run_queue_look_(queue, false);
    if (!oldest)
        return false;
    queue->ready = oldest->next;
    asyncx_store_(&queue->owner, (uintptr_t)ASYNCX_THREAD_STATE());
    asyncx_run(oldest);
    asyncx_store_(&queue->owner, outer);
    return true;
}

/* Runs what is in `queue` now, oldest first. What is posted meanwhile waits for the next pass: a continuation that
 * posts itself again runs once in each pass and keeps nobody else from running.
 *
 *   Returns  true when more was posted meanwhile: do not sleep; false when the queue is empty: the next post calls wake.
 *   Threads  the owner, as asyncx_run_queue_run_one.
 *   Resumes  the continuations, and whatever they complete inline.
 */
static inline bool asyncx_run_queue_run_pass(asyncx_run_queue *queue)
{
    uintptr_t outer = asyncx_peek_(&queue->owner);
    asyncx_continuation *oldest;
#if ASYNCX_SINGLE_THREADED
    asyncx_continuation *last = (asyncx_continuation *)queue->newest;
#endif
    if (!asyncx_run_queue_may_run_(queue, outer))
        return false;
    oldest = asyncx_run_queue_look_(queue, true);
    if (!oldest)
        return false;
    asyncx_store_(&queue->owner, (uintptr_t)ASYNCX_THREAD_STATE());
    do {
        asyncx_continuation *current = oldest;
        queue->ready = current->next;
#if ASYNCX_SINGLE_THREADED
        if (current == last)
            last = NULL;
#endif
        asyncx_run(current);
        oldest = queue->ready;
#if ASYNCX_SINGLE_THREADED
        if (!last)
            break;
#endif
    } while (oldest);
    asyncx_store_(&queue->owner, outer);   /* before the last look: a post after it calls wake */
#if ASYNCX_SINGLE_THREADED
    return oldest != NULL;
#else
    return asyncx_load_(&queue->newest) != 0;
#endif
}

/* Runs passes until `queue` is empty. With a continuation that posts itself for ever this does not return.
 *
 *   Threads  the owner, as asyncx_run_queue_run_one.
 *   Resumes  the continuations, and whatever they complete inline.
 */
static inline void asyncx_run_queue_run_until_idle(asyncx_run_queue *queue)
{
    while (asyncx_run_queue_run_pass(queue)) {
    }
}

/* == 4. AWAITER PROTOCOL ====================================================================== */
/* What can be awaited, and how waiters are kept, resumed in order and taken back.                */

typedef enum asyncx_status {
    ASYNCX_PENDING = 0,
    ASYNCX_SUCCEEDED = 1,
    ASYNCX_FAULTED = 2,
    ASYNCX_CANCELED = 3
} asyncx_status;

/* How an operation ended, in one word: bits 0-1 are set, bits 2-3 are the status, the rest is the error code. */
typedef uintptr_t asyncx_outcome;

/* private: stands for an outcome where a version is gone, until the misuse is told. */
#define ASYNCX_STALE_ ((asyncx_outcome)4)
/* private: stands for an outcome that the protocol is yet to be asked for. */
#define ASYNCX_ASK_ ((asyncx_outcome)8)

#define ASYNCX_OUTCOME_SUCCEEDED ((asyncx_outcome)(ASYNCX_SUCCEEDED << 2 | 3))
#define ASYNCX_OUTCOME_CANCELED ((asyncx_outcome)(ASYNCX_CANCELED << 2 | 3))

/* Error codes are non-zero ints in this range: the whole of int where pointers have 64 bits, else what fits. */
#if UINTPTR_MAX > 0xFFFFFFFF
#define ASYNCX_ERROR_MAX INT32_MAX
#define ASYNCX_ERROR_MIN INT32_MIN
#elif UINTPTR_MAX > 0xFFFF
#define ASYNCX_ERROR_MAX 0x7FFFFFF
#define ASYNCX_ERROR_MIN (-0x8000000)
#else
#define ASYNCX_ERROR_MAX 0x7FF
#define ASYNCX_ERROR_MIN (-0x800)
#endif

/* Returns the outcome of an operation that failed with `error`.
 *
 *   error    an errno value, say; non-zero, ASYNCX_ERROR_MIN to ASYNCX_ERROR_MAX.
 *   Returns  the outcome; for a bad code (misuse BAD_ERROR) that of ASYNCX_ERROR_MAX.
 *   Threads  any thread, signal handler or interrupt.
 */
static inline asyncx_outcome asyncx_outcome_faulted(int error)
{
#if UINTPTR_MAX > 0xFFFFFFFF
    bool bad = error == 0;
#else
    bool bad = error == 0 || error > ASYNCX_ERROR_MAX || error < ASYNCX_ERROR_MIN;
#endif
    if (ASYNCX_TRIPS_(bad)) {
        asyncx_misuse_(ASYNCX_MISUSE_BAD_ERROR, NULL);
        error = (int)ASYNCX_ERROR_MAX;
    }
    return (uintptr_t)(intptr_t)error << 4 | (ASYNCX_FAULTED << 2 | 3);
}

/* Returns the status that `outcome` carries.
 *
 *   Returns  SUCCEEDED, FAULTED or CANCELED; PENDING for a zeroed outcome.
 *   Threads  any thread, signal handler or interrupt.
 */
static inline asyncx_status asyncx_outcome_status(asyncx_outcome outcome) { return (asyncx_status)(outcome >> 2 & 3); }

/* Returns the error code that `outcome` carries.
 *
 *   Returns  the code; 0 unless the status is FAULTED.
 *   Threads  any thread, signal handler or interrupt.
 */
static inline int asyncx_outcome_error(asyncx_outcome outcome)
{
    intptr_t word = (intptr_t)outcome;
    return (int)(word >= 0 ? word >> 4 : ~(~word >> 4));
}

typedef
#if ASYNCX_TOKEN_BITS == 32
    uint32_t
#else
    uint16_t
#endif
        asyncx_token;

/* Flags of on_completed and of asyncx_configure_await. */
enum {
    ASYNCX_USE_EXECUTOR = 1,   /* run on the executor that the continuation captured: the default of AWAIT        */
    ASYNCX_FLOW_CONTEXT = 2    /* run in the execution context that is current now: OnCompleted, not UnsafeOnCompleted */
};

/* private: the operation serves one waiter only. */
#define ASYNCX_ONE_WAITER_ 0x4000u

typedef struct asyncx_awaitable asyncx_awaitable;

/* The awaiter protocol. One table in ROM for each kind of operation. `token` is what asyncx_awaiter_of was given. */
typedef struct asyncx_awaiter_ops {
    /* Implement: return PENDING until the result may be taken, and the final status ever after.
     * The library: calls it from any thread, any number of times. */
    asyncx_status (*get_status)(asyncx_awaitable *self, asyncx_token token);
    /* Implement: keep `continuation`, and hand it once to asyncx_resume, asyncx_post or asyncx_release when the
     * operation completes; return true. Return false, keeping nothing, when it is complete already.
     * The library: after true it does not touch the awaiting task, which may run on another thread by then; after
     * false it goes on without suspending. `flags`: see ASYNCX_USE_EXECUTOR; unknown ones are ignored. */
    bool (*on_completed)(asyncx_awaitable *self, asyncx_token token, asyncx_continuation *continuation,
                         unsigned int flags);
    /* Implement: return how the operation ended; it may be recycled by this call.
     * The library: calls it once for each await, after completion. */
    asyncx_outcome (*get_result)(asyncx_awaitable *self, asyncx_token token);
    /* Implement: forget `continuation` and return true; return false when it was handed on, or is about to be.
     * The library: after true the continuation is not run, and may be freed. */
    bool (*withdraw)(asyncx_awaitable *self, asyncx_token token, asyncx_continuation *continuation);
} asyncx_awaiter_ops;

/* The first member of everything that implements the protocol itself. */
struct asyncx_awaitable {
    const asyncx_awaiter_ops *ops;
} ASYNCX_ALIGNED_(sizeof(void *) < 4 ? 4 : sizeof(void *));

/* An awaiter by value, two machine words. The low bits of `object` tell what it is:
 *   0  an asyncx_task, which starts when it is awaited; or NULL: complete, success (a zeroed awaiter)
 *   1  an asyncx_source
 *   2  an asyncx_awaitable
 *   3  no object: the outcome itself */
typedef struct asyncx_awaiter {
    /* private: */
    char *object;   /* a pointer, not an integer, so that compilers see what it points to */
    asyncx_token token;
} asyncx_awaiter;

enum { ASYNCX_OBJECT_TASK_ = 0, ASYNCX_OBJECT_SOURCE_ = 1, ASYNCX_OBJECT_AWAITABLE_ = 2, ASYNCX_OBJECT_OUTCOME_ = 3 };

/* What an awaiter or `asyncx_task.awaited` points to, once its kind is known. */
#define ASYNCX_TASK_OF_(object) ((asyncx_task *)(void *)(object))
#define ASYNCX_SOURCE_OF_(object) ((asyncx_source *)(void *)((char *)(object)-ASYNCX_OBJECT_SOURCE_))
#define ASYNCX_AWAITABLE_OF_(object) ((asyncx_awaitable *)(void *)((char *)(object)-ASYNCX_OBJECT_AWAITABLE_))

/* Returns the awaiter of an object that implements the protocol.
 *
 *   awaitable  its first member.
 *   token      handed to the protocol's functions as it is; 0 where one object is one operation.
 *   Threads    any thread.
 */
static inline asyncx_awaiter asyncx_awaiter_of(asyncx_awaitable *awaitable, asyncx_token token)
{
    asyncx_awaiter awaiter;
    awaiter.object = (char *)ASYNCX_KNOWN_ALIGNED_(awaitable) + ASYNCX_OBJECT_AWAITABLE_;
    awaiter.token = token;
    return awaiter;
}

/* Returns an awaiter that is complete already, with `outcome`.
 *
 *   Threads  any thread.
 *   Source   Task.FromResult, Task.FromException, Task.FromCanceled.
 */
static inline asyncx_awaiter asyncx_completed(asyncx_outcome outcome)
{
    asyncx_awaiter awaiter;
    awaiter.object = (char *)outcome;
    awaiter.token = 0;
    return awaiter;
}

/* The heart of everything that completes once: its state in one word, whose bits 0-1 say what the rest is.
 *   00  NULL, or the one waiter, which nothing but resuming is to be done with
 *   10  a list of waiters, newest first, possibly empty: asyncx_place_ finds out where each one runs
 *   01  the same, while asyncx_operation_withdraw_ holds the older part of the list
 *   11  complete: an asyncx_outcome */
typedef struct asyncx_operation {
    /* private: */
    asyncx_word word;
} asyncx_operation;

enum { ASYNCX_PLAIN_ = 0, ASYNCX_BUSY_ = 1, ASYNCX_LIST_ = 2, ASYNCX_COMPLETE_ = 3, ASYNCX_TAG_ = 3 };

/* Flags of the functions that initialise sources, and of asyncx_release. */
enum {
    ASYNCX_RUN_CONTINUATIONS_INLINE = 0,         /* waiters run inside the completing call, where the table allows it */
    ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY = 2  /* waiters are always posted; needs an executor                      */
};

/* What completion sources and versioned sources share. Zeroed, it is pending, inline and without an executor. */
typedef struct asyncx_source {
    /* private: */
    asyncx_operation operation;
    asyncx_word executor;   /* where waiters without an executor are posted; bit 0: reserved, bit 1: asynchronous */
} asyncx_source;

/* The operation word of a task that was called and not started; no waiter has this address. */
#define ASYNCX_LAZY_ ((uintptr_t)(4 | ASYNCX_LIST_))

#define ASYNCX_TAG_OF_(word) ((word) & ASYNCX_TAG_)
#define ASYNCX_WAITER_OF_(word) ((asyncx_continuation *)((word) & ~(uintptr_t)ASYNCX_TAG_))

/* Bits in the word that keeps a source's executor. */
enum { ASYNCX_RESERVED_ = 1, ASYNCX_ASYNCHRONOUS_ = 2 };

/* Posts `continuation` if it must not run inline here and returns NULL; else returns it. The order of the rules is
 * the table "Where a continuation runs". `source` is the completed source's executor word, or 0. */
ASYNCX_OUTLINE_ asyncx_continuation *asyncx_place_(asyncx_continuation *continuation, uintptr_t source)
{
    asyncx_executor *captured = continuation->executor & 1 ? NULL : (asyncx_executor *)continuation->executor;
    if (ASYNCX_IN_INTERRUPT() || (source & ASYNCX_ASYNCHRONOUS_)) {
        asyncx_post(captured ? captured : (asyncx_executor *)(source & ~(uintptr_t)ASYNCX_TAG_), continuation);
        return NULL;
    }
    if (captured && !(captured->is_current && captured->is_current(captured))) {
        asyncx_post(captured, continuation);
        return NULL;
    }
    return continuation;
}

/* Resumes the waiters of a completed operation, oldest first: posts those that must not run inline, then runs the
 * others, but for the last one, which is returned for the caller's loop. */
ASYNCX_OUTLINE_ asyncx_continuation *asyncx_release_waiters_(uintptr_t waiters, uintptr_t source)
{
    asyncx_continuation *waiter = asyncx_reverse_(ASYNCX_WAITER_OF_(waiters));
    asyncx_continuation *first = NULL;
    asyncx_continuation **last = &first;
    while (waiter) {
        asyncx_continuation *next = waiter->next;   /* read before it is posted: it may be gone right after */
        waiter->next = NULL;
        if (asyncx_place_(waiter, source)) {
            *last = waiter;
            last = &waiter->next;
        }
        waiter = next;
    }
    while (first && first->next) {
        waiter = first;
        first = first->next;
        asyncx_resume(waiter);
    }
    return first;
}

/* A plain waiter's link is NULL, so that it can be the end of a list. With threads that has to be so before the waiter
 * is shared; without, whoever makes it a list sees to it. */
ASYNCX_ALWAYS_INLINE_ void asyncx_link_before_sharing_(asyncx_continuation *waiter)
{
#if ASYNCX_SINGLE_THREADED
    (void)waiter;
#else
    waiter->next = NULL;
#endif
}

ASYNCX_ALWAYS_INLINE_ void asyncx_link_plain_waiter_(uintptr_t word)
{
#if ASYNCX_SINGLE_THREADED
    if (word && ASYNCX_TAG_OF_(word) == ASYNCX_PLAIN_)
        ASYNCX_WAITER_OF_(word)->next = NULL;
#else
    (void)word;
#endif
}

/* Registers `continuation`. Returns false when the operation is complete: nothing is kept then. */
ASYNCX_OUTLINE_ bool asyncx_operation_register_(asyncx_operation *operation, asyncx_continuation *continuation,
                                                unsigned int flags)
{
    uintptr_t old, tag, executor = continuation->executor;
    const uintptr_t unregistered = executor;
    if (executor) {
        executor &= ~(uintptr_t)1;
        executor |= flags & ASYNCX_USE_EXECUTOR ? 0 : 1;
    }
    do {
        old = asyncx_load_(&operation->word);
        tag = ASYNCX_TAG_OF_(old);
        if (tag == ASYNCX_COMPLETE_) {
            continuation->executor = unregistered;
            return false;
        }
        if (ASYNCX_TRIPS_((flags & ASYNCX_ONE_WAITER_) && ASYNCX_WAITER_OF_(old))) {
            asyncx_misuse_(ASYNCX_MISUSE_SECOND_CONTINUATION, operation);
            return false;
        }
        if (tag == ASYNCX_PLAIN_ && (old || executor))
            tag = ASYNCX_LIST_;
        asyncx_link_plain_waiter_(old);
        continuation->next = ASYNCX_WAITER_OF_(old);
        continuation->executor = executor;   /* before the exchange: the completer reads it */
    } while (!asyncx_compare_exchange_(&operation->word, old, (uintptr_t)continuation | tag));
    return true;
}

/* Unlinks `continuation` from the list that starts at *link. */
ASYNCX_ALWAYS_INLINE_ bool asyncx_unlink_(asyncx_continuation **link, asyncx_continuation *continuation)
{
    while (*link) {
        if (*link == continuation) {
            *link = continuation->next;
            return true;
        }
        link = &(*link)->next;
    }
    return false;
}

/* Takes `continuation` back. Returns false when it was resumed, or is about to be. Waits for another withdrawal from
 * the same operation, and for nothing else; completers and registrations never wait for it. */
ASYNCX_OUTLINE_ bool asyncx_operation_withdraw_(asyncx_operation *operation, uintptr_t source,
                                                asyncx_continuation *continuation)
{
    for (;;) {
        uintptr_t word = asyncx_load_(&operation->word);
        asyncx_continuation *older, *newer, **last;
        bool found;
        if (ASYNCX_TAG_OF_(word) == ASYNCX_COMPLETE_ || word == ASYNCX_LAZY_)
            return false;
        if (ASYNCX_TAG_OF_(word) == ASYNCX_BUSY_)
            continue;
        if (ASYNCX_TAG_OF_(word) == ASYNCX_PLAIN_) {
            if (ASYNCX_WAITER_OF_(word) != continuation)
                return false;
            if (asyncx_compare_exchange_(&operation->word, word, 0))
                return true;
            continue;
        }
        if (!asyncx_compare_exchange_(&operation->word, word, ASYNCX_BUSY_))
            continue;
        /* The list is ours now; whoever completes the operation meanwhile leaves it to us to resume. */
        older = ASYNCX_WAITER_OF_(word);
        found = asyncx_unlink_(&older, continuation);
        for (;;) {
            word = asyncx_load_(&operation->word);
            if (ASYNCX_TAG_OF_(word) == ASYNCX_COMPLETE_) {
                older = asyncx_release_waiters_((uintptr_t)older, source);
                if (older)
                    asyncx_resume(older);
                return found;
            }
            newer = ASYNCX_WAITER_OF_(word);
            if (newer) {
                /* Registered since: take them as well, so that the order stays that of registration. */
                if (!asyncx_compare_exchange_(&operation->word, word, ASYNCX_BUSY_))
                    continue;
                for (last = &newer; *last; last = &(*last)->next) {
                }
                *last = older;
                older = newer;
            } else if (asyncx_compare_exchange_(&operation->word, ASYNCX_BUSY_, (uintptr_t)older | ASYNCX_LIST_)) {
                return found;
            }
        }
    }
}

static inline asyncx_status asyncx_operation_get_status_(const asyncx_operation *operation)
{
    uintptr_t word = asyncx_load_(&operation->word);
    return ASYNCX_TAG_OF_(word) == ASYNCX_COMPLETE_ ? asyncx_outcome_status(word) : ASYNCX_PENDING;
}

static inline asyncx_outcome asyncx_operation_get_result_(const asyncx_operation *operation)
{
    uintptr_t word = asyncx_load_(&operation->word);
    if (ASYNCX_TRIPS_(ASYNCX_TAG_OF_(word) != ASYNCX_COMPLETE_)) {
        asyncx_misuse_(ASYNCX_MISUSE_RESULT_BEFORE_COMPLETION, operation);
        return 0;
    }
    return word;
}

/* == 5. ASYNC FUNCTIONS ======================================================================= */
/* A frame, a state machine written as a function, and AWAIT.                                       */

#if UINTPTR_MAX > 0xFFFFFFFF
typedef uint32_t asyncx_state;
#define ASYNCX_STATE_MAX_ 0x7FFFFFFF
#else
typedef uint16_t asyncx_state;
#define ASYNCX_STATE_MAX_ 0xFFFF
#endif

/* The values of a task's state; what lies above is the resume point where it is suspended. */
enum {
    ASYNCX_STATE_IDLE_ = 0,      /* zeroed, or complete: may be called */
    ASYNCX_STATE_START_ = 1,     /* called, not started */
    ASYNCX_STATE_RUNNING_ = 2,
    ASYNCX_STATE_FINALLY_ = 3,   /* never stored: where every way out of the function leads first */
    ASYNCX_STATE_FIRST_ = 4
};

/* The base of every async function's frame: a continuation that is an operation too. */
typedef struct asyncx_task {
    /* private: */
    asyncx_continuation continuation;
    uintptr_t awaited;     /* what it waits for, as asyncx_awaiter.object */
    asyncx_operation operation;
    asyncx_state state;
    asyncx_token token;    /* of what it waits for */
} asyncx_task;

typedef struct asyncx_frame_ {
    asyncx_task task;
} asyncx_frame_;

typedef struct asyncx_finally_frame_ {
    asyncx_task task;
    asyncx_outcome outcome;   /* how the function ended, while ASYNC_FINALLY runs; 0 before */
} asyncx_finally_frame_;

/* Only for a task that is the first member of such a frame. */
ASYNCX_ALWAYS_INLINE_ asyncx_outcome *asyncx_finally_outcome_(asyncx_task *task)
{
    return &((asyncx_finally_frame_ *)(void *)task)->outcome;
}

/* What ASYNC_CALL gives: a task whose parameters are set, to be awaited or started. */
typedef struct asyncx_call {
    /* private: */
    asyncx_task *task;
    asyncx_state state;   /* ASYNCX_STATE_IDLE_, unless the frame is in use: then the call trips where it is used */
} asyncx_call;

typedef struct asyncx_configured_awaiter {
    /* private: */
    asyncx_awaiter awaiter;
    unsigned int flags;
} asyncx_configured_awaiter;

typedef struct asyncx_yield_awaiter {
    /* private: */
    int unused;
} asyncx_yield_awaiter;

typedef struct asyncx_suspend_awaiter {
    /* private: */
    int unused;
} asyncx_suspend_awaiter;

#if ASYNCX_DIAGNOSTICS
typedef struct asyncx_site {
    const char *file;
    const char *operand;   /* the text between the parentheses of the AWAIT */
    int line;
} asyncx_site;
#endif

/* Makes the frame of a call ready for its parameters; a frame that is in use stays as it is. */
ASYNCX_ALWAYS_INLINE_ asyncx_call asyncx_task_call_(asyncx_task *task,
                                                    asyncx_continuation *(*resume)(asyncx_continuation *),
                                                    const char *function)
{
    asyncx_call call;
    call.task = task;
    call.state = ASYNCX_CHECKS ? task->state : (asyncx_state)ASYNCX_STATE_IDLE_;
    if (!ASYNCX_LIKELY_(call.state == ASYNCX_STATE_IDLE_))
        return call;
    task->continuation.resume = resume;
    task->continuation.executor = 0;
    asyncx_init_(&task->operation.word, ASYNCX_LAZY_);
    task->state = ASYNCX_STATE_START_;
#if ASYNCX_EXECUTION_CONTEXT
    task->continuation.context = ASYNCX_THREAD_STATE()->context;
    task->continuation.flows = true;
#endif
#if ASYNCX_DIAGNOSTICS
    task->continuation.function = function;
    task->continuation.site = NULL;
#endif
    (void)function;
    return call;
}

/* What an AWAIT does next: goes on at once with `outcome`, or returns `next` to the loop that runs its task. */
typedef struct asyncx_step {
    asyncx_continuation *next;
    asyncx_outcome outcome;   /* 0: return */
} asyncx_step;

ASYNCX_ALWAYS_INLINE_ asyncx_step asyncx_go_on_(asyncx_outcome outcome)
{
    asyncx_step step;
    step.next = NULL;
    step.outcome = outcome;
    return step;
}

ASYNCX_ALWAYS_INLINE_ asyncx_step asyncx_return_(asyncx_continuation *next)
{
    asyncx_step step;
    step.next = next;
    step.outcome = 0;
    return step;
}

/* Everything that must be in place before anybody may resume the task. */
ASYNCX_ALWAYS_INLINE_ void asyncx_suspend_at_(asyncx_task *task, asyncx_state state)
{
    task->state = state;
#if ASYNCX_EXECUTION_CONTEXT
    task->continuation.context = ASYNCX_THREAD_STATE()->context;
#endif
    ASYNCX_TRACE(ASYNCX_TRACE_SUSPEND, task);
}

/* A task that has an executor and may be resumed elsewhere by an await: whoever awaits it can no longer count on its
 * completing on that executor, and takes the way that asks. */
ASYNCX_COLD_ void asyncx_task_leave_executor_(asyncx_task *task)
{
    uintptr_t word;
    do {
        word = asyncx_load_(&task->operation.word);
        if (!word || ASYNCX_TAG_OF_(word) != ASYNCX_PLAIN_)
            return;
        asyncx_link_plain_waiter_(word);
    } while (!asyncx_compare_exchange_(&task->operation.word, word, word | ASYNCX_LIST_));
}

/* The out-of-line functions suspend the task first. When there is nothing to wait for after all they return the task
 * itself, and the loop resumes it: an AWAIT leaves through a tail call or not at all, and needs no stack frame. */

ASYNCX_OUTLINE_ asyncx_continuation *asyncx_wait_for_operation_(asyncx_task *task, asyncx_operation *operation,
                                                                unsigned int flags, asyncx_state state)
{
    asyncx_suspend_at_(task, state);
    if (task->continuation.executor && !(flags & ASYNCX_USE_EXECUTOR))
        asyncx_task_leave_executor_(task);
    return asyncx_operation_register_(operation, &task->continuation, flags) ? NULL : &task->continuation;
}

/* Registers the task without a call if it is the only waiter and has no executor. */
ASYNCX_ALWAYS_INLINE_ bool asyncx_register_alone_(asyncx_task *task, asyncx_operation *operation, uintptr_t word,
                                                  asyncx_state state)
{
    if (!ASYNCX_LIKELY_(!word) || !ASYNCX_LIKELY_(!task->continuation.executor))
        return false;
    asyncx_link_before_sharing_(&task->continuation);
    asyncx_suspend_at_(task, state);
    return ASYNCX_LIKELY_(asyncx_compare_exchange_(&operation->word, word, (uintptr_t)task));
}

ASYNCX_ALWAYS_INLINE_ asyncx_step asyncx_await_operation_(asyncx_task *task, asyncx_operation *operation,
                                                          asyncx_state state)
{
    uintptr_t word = asyncx_load_(&operation->word);
    task->awaited = (uintptr_t)operation + ASYNCX_OBJECT_SOURCE_;
    if (asyncx_register_alone_(task, operation, word, state))
        return asyncx_return_(NULL);
    if (ASYNCX_TAG_OF_(word) == ASYNCX_COMPLETE_)
        return asyncx_go_on_(word);
    return asyncx_return_(asyncx_wait_for_operation_(task, operation, ASYNCX_USE_EXECUTOR, state));
}

/* Starts `child` for `task`, which is suspended and waits for it: hands it to the loop that runs `task`. */
ASYNCX_ALWAYS_INLINE_ asyncx_continuation *asyncx_start_child_(asyncx_task *task, asyncx_task *child)
{
    task->awaited = (uintptr_t)child;
    asyncx_link_before_sharing_(&task->continuation);
    child->continuation.executor = task->continuation.executor;
    asyncx_init_(&child->operation.word, (uintptr_t)task);
#if ASYNCX_EXECUTION_CONTEXT
    child->continuation.context = ASYNCX_THREAD_STATE()->context;
#endif
    return &child->continuation;
}

ASYNCX_OUTLINE_ asyncx_continuation *asyncx_wait_for_task_(asyncx_task *task, asyncx_task *child, unsigned int flags,
                                                           asyncx_state state)
{
    if (asyncx_load_(&child->operation.word) == ASYNCX_LAZY_) {
        asyncx_suspend_at_(task, state);
        (void)asyncx_start_child_(task, child);
        if (task->continuation.executor && !(flags & ASYNCX_USE_EXECUTOR)) {
            asyncx_task_leave_executor_(task);
            task->continuation.executor |= 1;
            task->continuation.next = NULL;
            asyncx_init_(&child->operation.word, (uintptr_t)task | ASYNCX_LIST_);
        }
        return &child->continuation;
    }
    if (ASYNCX_TRIPS_(!child->continuation.resume))
        asyncx_misuse_(ASYNCX_MISUSE_UNINITIALISED, child);
    task->awaited = (uintptr_t)child;
    return asyncx_wait_for_operation_(task, &child->operation, flags, state);
}

/* Awaits a call that cannot be started: its frame was in use, or a copy of the call was started before. */
ASYNCX_COLD_ asyncx_continuation *asyncx_wait_for_call_(asyncx_task *task, asyncx_task *child, asyncx_state child_state,
                                                        asyncx_state state)
{
    if (child_state != ASYNCX_STATE_IDLE_)
        asyncx_misuse_(ASYNCX_MISUSE_FRAME_IN_USE, child);
    return asyncx_wait_for_task_(task, child, ASYNCX_USE_EXECUTOR, state);
}

ASYNCX_ALWAYS_INLINE_ asyncx_step asyncx_await_call_(asyncx_task *task, asyncx_call call, asyncx_state state)
{
    task->state = state;
    if (ASYNCX_LIKELY_(call.state == ASYNCX_STATE_IDLE_) &&
        ASYNCX_LIKELY_(asyncx_read_(&call.task->operation.word) == ASYNCX_LAZY_)) {
        asyncx_suspend_at_(task, state);
        return asyncx_return_(asyncx_start_child_(task, call.task));
    }
    return asyncx_return_(asyncx_wait_for_call_(task, call.task, call.state, state));
}

/* The general way, through the protocol. */
ASYNCX_OUTLINE_ asyncx_continuation *asyncx_wait_for_(asyncx_task *task, asyncx_awaiter awaiter, unsigned int flags,
                                                      asyncx_state state)
{
    asyncx_awaitable *awaitable;
    uintptr_t executor = task->continuation.executor;
    uintptr_t kind = ASYNCX_TAG_OF_((uintptr_t)awaiter.object);
    task->awaited = (uintptr_t)awaiter.object;
    task->token = awaiter.token;
    if (!awaiter.object)
        task->awaited = ASYNCX_OUTCOME_SUCCEEDED;
    else if (kind == ASYNCX_OBJECT_TASK_)
        return asyncx_wait_for_task_(task, ASYNCX_TASK_OF_(awaiter.object), flags, state);
    else if (kind == ASYNCX_OBJECT_SOURCE_)
        return asyncx_wait_for_operation_(task, &ASYNCX_SOURCE_OF_(awaiter.object)->operation, flags, state);
    asyncx_suspend_at_(task, state);
    if (ASYNCX_TAG_OF_(task->awaited) == ASYNCX_OBJECT_OUTCOME_)
        return &task->continuation;
    awaitable = ASYNCX_AWAITABLE_OF_(awaiter.object);
    if (ASYNCX_TRIPS_(!awaitable->ops)) {
        asyncx_misuse_(ASYNCX_MISUSE_UNINITIALISED, awaitable);
        task->awaited = ASYNCX_OUTCOME_CANCELED;
        return &task->continuation;
    }
    if (awaitable->ops->get_status(awaitable, awaiter.token) != ASYNCX_PENDING)
        return &task->continuation;
    if (executor) {
        asyncx_task_leave_executor_(task);   /* an awaiter of the user's decides for itself where it resumes */
        task->continuation.executor = (executor & ~(uintptr_t)1) | (flags & ASYNCX_USE_EXECUTOR ? 0 : 1);
    }
    if (awaitable->ops->on_completed(awaitable, awaiter.token, &task->continuation, flags))
        return NULL;
    task->continuation.executor = executor;
    return &task->continuation;
}

ASYNCX_ALWAYS_INLINE_ asyncx_step asyncx_await_awaiter_(asyncx_task *task, asyncx_awaiter awaiter, asyncx_state state)
{
    return asyncx_return_(asyncx_wait_for_(task, awaiter, ASYNCX_USE_EXECUTOR, state));
}

/* A task that has no executor just stays suspended: whoever drives it resumes it by hand. */
ASYNCX_ALWAYS_INLINE_ asyncx_step asyncx_await_yield_(asyncx_task *task, asyncx_state state)
{
    uintptr_t executor = task->continuation.executor & ~(uintptr_t)1;
    asyncx_suspend_at_(task, state);
    if (!ASYNCX_LIKELY_(!executor)) {
        task->continuation.executor = executor;
        asyncx_post((asyncx_executor *)executor, &task->continuation);
    }
    return asyncx_return_(NULL);
}

ASYNCX_ALWAYS_INLINE_ asyncx_step asyncx_await_suspend_(asyncx_task *task, asyncx_state state)
{
    asyncx_suspend_at_(task, state);
    return asyncx_return_(NULL);
}

ASYNCX_OUTLINE_ asyncx_outcome asyncx_end_general_(asyncx_task *task)
{
    switch (ASYNCX_TAG_OF_(task->awaited)) {
    case ASYNCX_OBJECT_TASK_: return asyncx_peek_(&ASYNCX_TASK_OF_(task->awaited)->operation.word);
    case ASYNCX_OBJECT_SOURCE_: return asyncx_peek_(&ASYNCX_SOURCE_OF_(task->awaited)->operation.word);
    case ASYNCX_OBJECT_AWAITABLE_:
        return ASYNCX_AWAITABLE_OF_(task->awaited)->ops->get_result(ASYNCX_AWAITABLE_OF_(task->awaited), task->token);
    default: return task->awaited;
    }
}

/* How `task` ends: publishes the outcome and hands back whoever runs next. The frame is not touched after that. */
ASYNCX_ALWAYS_INLINE_ asyncx_continuation *asyncx_task_complete_(asyncx_task *task, asyncx_outcome outcome)
{
    uintptr_t waiters;
    ASYNCX_TRACE(ASYNCX_TRACE_COMPLETE, task);
    task->state = ASYNCX_STATE_IDLE_;
    waiters = asyncx_exchange_(&task->operation.word, outcome);
    if (ASYNCX_LIKELY_(ASYNCX_TAG_OF_(waiters) == ASYNCX_PLAIN_))
        return (asyncx_continuation *)waiters;
    return asyncx_release_waiters_(waiters, 0);
}

/* What a misuse that returns hands to the loop. Compilers must not see through it: a constant would keep its callers
 * from being left by a tail call. */
ASYNCX_COLD_ asyncx_continuation *asyncx_opaque_(asyncx_continuation *continuation)
{
    asyncx_continuation *volatile opaque = continuation;
    return opaque;
}

/* A resumption that leads nowhere; the task stays as it is. */
ASYNCX_COLD_ asyncx_continuation *asyncx_resume_misuse_(asyncx_task *task, asyncx_state state)
{
    asyncx_misuse_(state == ASYNCX_STATE_RUNNING_ ? ASYNCX_MISUSE_RESUMED_WHILE_RUNNING
                   : state == ASYNCX_STATE_IDLE_  ? ASYNCX_MISUSE_RESUMED_AFTER_COMPLETION
                                                  : ASYNCX_MISUSE_UNKNOWN_RESUME_POINT,
                   task);
    (void)task;
    (void)state;
    return asyncx_opaque_(NULL);
}

/* Resumed by somebody who is not what the task waits for: it stays suspended. */
ASYNCX_COLD_ asyncx_continuation *asyncx_resumed_too_early_(asyncx_task *task, asyncx_state state)
{
    asyncx_suspend_at_(task, state);
    asyncx_misuse_(ASYNCX_MISUSE_RESULT_BEFORE_COMPLETION, task);
    return asyncx_opaque_(NULL);
}

/* Starts a called task here and now. */
static inline void asyncx_start_call_(asyncx_call call, asyncx_executor *executor, asyncx_continuation *then)
{
    asyncx_task *task = call.task;
    if (ASYNCX_TRIPS_(call.state != ASYNCX_STATE_IDLE_ || asyncx_load_(&task->operation.word) != ASYNCX_LAZY_)) {
        asyncx_misuse_(ASYNCX_MISUSE_FRAME_IN_USE, task);
        return;
    }
    asyncx_init_(&task->operation.word, ASYNCX_PLAIN_);
    if (then)
        (void)asyncx_operation_register_(&task->operation, then, ASYNCX_USE_EXECUTOR);
    task->continuation.executor = (uintptr_t)executor;
    if (executor)
        asyncx_post(executor, &task->continuation);
    else
        asyncx_run(&task->continuation);
}

/* -- the protocol, for anything: what combinators, adapters and awaiters built on awaiters call -- */

/* A zeroed awaiter counts as the outcome it stands for. */
ASYNCX_ALWAYS_INLINE_ uintptr_t asyncx_awaiter_kind_(asyncx_awaiter awaiter)
{
    return awaiter.object ? ASYNCX_TAG_OF_((uintptr_t)awaiter.object) : (uintptr_t)ASYNCX_OBJECT_OUTCOME_;
}

ASYNCX_ALWAYS_INLINE_ asyncx_outcome asyncx_awaiter_outcome_(asyncx_awaiter awaiter)
{
    return awaiter.object ? (asyncx_outcome)awaiter.object : ASYNCX_OUTCOME_SUCCEEDED;
}

/* Returns whether the operation is complete, and how it ended.
 *
 *   Returns  PENDING, or the final status. A task that was called and not started is pending.
 *   Threads  any thread, signal handler or interrupt, as far as a user's own get_status allows.
 *   Source   IValueTaskSource.GetStatus; semantics VT-1.
 *   Misuse   STALE_TOKEN, UNINITIALISED (then CANCELED).
 */
static inline asyncx_status asyncx_awaiter_get_status(asyncx_awaiter awaiter)
{
    asyncx_awaitable *awaitable;
    switch (asyncx_awaiter_kind_(awaiter)) {
    case ASYNCX_OBJECT_OUTCOME_: return asyncx_outcome_status(asyncx_awaiter_outcome_(awaiter));
    case ASYNCX_OBJECT_TASK_:
        return asyncx_operation_get_status_(&ASYNCX_TASK_OF_(awaiter.object)->operation);
    case ASYNCX_OBJECT_SOURCE_:
        return asyncx_operation_get_status_(&ASYNCX_SOURCE_OF_(awaiter.object)->operation);
    default: awaitable = ASYNCX_AWAITABLE_OF_(awaiter.object); break;
    }
    if (ASYNCX_TRIPS_(!awaitable->ops)) {
        asyncx_misuse_(ASYNCX_MISUSE_UNINITIALISED, awaitable);
        return ASYNCX_CANCELED;
    }
    return awaitable->ops->get_status(awaitable, awaiter.token);
}

/* Registers `continuation` to be resumed when the operation completes. A task that was called and not started starts.
 *
 *   flags    ASYNCX_USE_EXECUTOR: resume it on the executor it was initialised with; else wherever the operation
 *            completes. ASYNCX_FLOW_CONTEXT: in the execution context of now. Both together are .NET's OnCompleted,
 *            the first alone is UnsafeOnCompleted, none is that after ConfigureAwait(false).
 *   Returns  true: it will be resumed once, or withdrawn; false: the operation is complete already, go on yourself.
 *   Threads  any thread; not an interrupt.
 *   Resumes  never `continuation` inside this call; a task that it starts runs inside it.
 *   Owns     the operation keeps the continuation until it is resumed or withdrawn.
 *   Source   IValueTaskSource.OnCompleted; semantics MR-10, MR-12; differs: false instead of queueing (RC-3, MR-11).
 *   Misuse   STALE_TOKEN, SECOND_CONTINUATION, UNINITIALISED (then false).
 */
static inline bool asyncx_awaiter_on_completed(asyncx_awaiter awaiter, asyncx_continuation *continuation,
                                               unsigned int flags)
{
    asyncx_awaitable *awaitable;
    asyncx_task *task;
    flags &= ASYNCX_USE_EXECUTOR | ASYNCX_FLOW_CONTEXT;
#if ASYNCX_EXECUTION_CONTEXT
    if (!continuation->flows)
        continuation->context = flags & ASYNCX_FLOW_CONTEXT ? ASYNCX_THREAD_STATE()->context : asyncx_no_flow_;
#endif
    switch (asyncx_awaiter_kind_(awaiter)) {
    case ASYNCX_OBJECT_OUTCOME_: return false;
    case ASYNCX_OBJECT_TASK_:
        task = ASYNCX_TASK_OF_(awaiter.object);
        if (asyncx_load_(&task->operation.word) == ASYNCX_LAZY_) {
            asyncx_init_(&task->operation.word, ASYNCX_PLAIN_);
            task->continuation.executor = continuation->executor & ~(uintptr_t)1;
            asyncx_resume(&task->continuation);
        }
        return asyncx_operation_register_(&task->operation, continuation, flags);
    case ASYNCX_OBJECT_SOURCE_:
        return asyncx_operation_register_(&ASYNCX_SOURCE_OF_(awaiter.object)->operation,
                                          continuation, flags);
    default: awaitable = ASYNCX_AWAITABLE_OF_(awaiter.object); break;
    }
    if (ASYNCX_TRIPS_(!awaitable->ops)) {
        asyncx_misuse_(ASYNCX_MISUSE_UNINITIALISED, awaitable);
        return false;
    }
    return awaitable->ops->on_completed(awaitable, awaiter.token, continuation, flags);
}

/* Returns how the operation ended; a user's own operation may be recycled by this.
 *
 *   Returns  the outcome; 0 after misuse RESULT_BEFORE_COMPLETION, CANCELED after STALE_TOKEN or UNINITIALISED.
 *   Threads  any thread, as far as a user's own get_result allows.
 *   Source   IValueTaskSource.GetResult; semantics MR-4 to MR-6, TC-11.
 */
static inline asyncx_outcome asyncx_awaiter_get_result(asyncx_awaiter awaiter)
{
    asyncx_awaitable *awaitable;
    switch (asyncx_awaiter_kind_(awaiter)) {
    case ASYNCX_OBJECT_OUTCOME_: return asyncx_awaiter_outcome_(awaiter);
    case ASYNCX_OBJECT_TASK_:
        return asyncx_operation_get_result_(&ASYNCX_TASK_OF_(awaiter.object)->operation);
    case ASYNCX_OBJECT_SOURCE_:
        return asyncx_operation_get_result_(&ASYNCX_SOURCE_OF_(awaiter.object)->operation);
    default: awaitable = ASYNCX_AWAITABLE_OF_(awaiter.object); break;
    }
    if (ASYNCX_TRIPS_(!awaitable->ops)) {
        asyncx_misuse_(ASYNCX_MISUSE_UNINITIALISED, awaitable);
        return ASYNCX_OUTCOME_CANCELED;
    }
    return awaitable->ops->get_result(awaitable, awaiter.token);
}

/* Takes a registration back.
 *
 *   Returns  true: `continuation` will not be resumed, and may be freed; false: it was resumed, or is about to be.
 *   Threads  any thread; not an interrupt. Waits while another thread withdraws from the same operation. The
 *            operation stays alive until the call returns.
 *   Resumes  other waiters of the operation, if it is completed on another thread during the call.
 */
static inline bool asyncx_awaiter_withdraw(asyncx_awaiter awaiter, asyncx_continuation *continuation)
{
    asyncx_awaitable *awaitable;
    asyncx_source *source;
    switch (asyncx_awaiter_kind_(awaiter)) {
    case ASYNCX_OBJECT_OUTCOME_: return false;
    case ASYNCX_OBJECT_TASK_:
        return asyncx_operation_withdraw_(&ASYNCX_TASK_OF_(awaiter.object)->operation, 0,
                                          continuation);
    case ASYNCX_OBJECT_SOURCE_:
        source = ASYNCX_SOURCE_OF_(awaiter.object);
        return asyncx_operation_withdraw_(&source->operation, asyncx_load_(&source->executor), continuation);
    default: awaitable = ASYNCX_AWAITABLE_OF_(awaiter.object); break;
    }
    return awaitable->ops && awaitable->ops->withdraw(awaitable, awaiter.token, continuation);
}

/* Hands `continuation` on as a library's source would: inline, or posted, by the table "Where a continuation runs".
 * For awaiters of your own, on completion.
 *
 *   flags     ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY or ASYNCX_RUN_CONTINUATIONS_INLINE.
 *   executor  where to post a continuation that captured none; may be NULL.
 *   Threads   any thread, signal handler or interrupt.
 *   Resumes   `continuation`, inside this call where the table says inline.
 *   Misuse    MISSING_EXECUTOR when it must be posted and there is nowhere to; it does not run.
 */
static inline void asyncx_release(asyncx_continuation *continuation, unsigned int flags, asyncx_executor *executor)
{
    if (asyncx_place_(continuation, (uintptr_t)executor | (flags & ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY)))
        asyncx_resume(continuation);
}

static inline void asyncx_run_task_(asyncx_task *task)
{
    if (ASYNCX_TRIPS_(task->state <= ASYNCX_STATE_START_))
        asyncx_misuse_(
            task->continuation.resume ? ASYNCX_MISUSE_RESUMED_AFTER_COMPLETION : ASYNCX_MISUSE_UNINITIALISED, task);
    else
        asyncx_run(&task->continuation);
}

static inline void asyncx_task_destroy_(asyncx_task *task)
{
    if (ASYNCX_TRIPS_(task->state != ASYNCX_STATE_IDLE_ && asyncx_load_(&task->operation.word) != ASYNCX_LAZY_))
        asyncx_misuse_(ASYNCX_MISUSE_DESTROYED_IN_USE, task);
}

/* asyncx_yield() and asyncx_suspend() where the protocol is asked for them. */
static inline asyncx_status asyncx_yield_get_status_(asyncx_awaitable *self, asyncx_token token)
{
    (void)self;
    (void)token;
    return ASYNCX_PENDING;
}
static inline bool asyncx_yield_on_completed_(asyncx_awaitable *self, asyncx_token token,
                                              asyncx_continuation *continuation, unsigned int flags)
{
    uintptr_t executor = continuation->executor & ~(uintptr_t)1;
    (void)self;
    (void)flags;
    if (token == 0 && executor)
        asyncx_post((asyncx_executor *)executor, continuation);
    return true;
}
static inline asyncx_outcome asyncx_yield_get_result_(asyncx_awaitable *self, asyncx_token token)
{
    (void)self;
    (void)token;
    return ASYNCX_OUTCOME_SUCCEEDED;
}
static inline bool asyncx_yield_withdraw_(asyncx_awaitable *self, asyncx_token token, asyncx_continuation *continuation)
{
    (void)self;
    (void)continuation;
    return token != 0;
}
static const asyncx_awaiter_ops asyncx_yield_ops_ = {asyncx_yield_get_status_, asyncx_yield_on_completed_,
                                                     asyncx_yield_get_result_, asyncx_yield_withdraw_};
static asyncx_awaitable asyncx_yield_object_ = {&asyncx_yield_ops_};

#define ASYNCX_PASTE_(a, b) ASYNCX_PASTE_NOW_(a, b)
#define ASYNCX_PASTE_NOW_(a, b) a##b
#define ASYNCX_THIRD_(a, b, c, ...) c

/* ASYNC_FRAME(void) has no result: only the exact token `void` followed by nothing turns into a comma. */
#define ASYNCX_IS_VOID_void() ~,
#define ASYNCX_RESULT_(type) ASYNCX_RESULT_PICK_(type, ASYNCX_IS_VOID_##type ())
#define ASYNCX_RESULT_PICK_(type, ...) ASYNCX_THIRD_(__VA_ARGS__, ASYNCX_NO_RESULT_, ASYNCX_A_RESULT_, ~)(type)
#define ASYNCX_NO_RESULT_(type)
#define ASYNCX_A_RESULT_(type) ; type result

/* The number of arguments, 1 to 16; whether there is none at all (which counts as one empty argument). */
#define ASYNCX_COUNT_(...) \
    ASYNCX_SEVENTEENTH_(__VA_ARGS__, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, ~)
#define ASYNCX_HAS_COMMA_(...) \
    ASYNCX_SEVENTEENTH_(__VA_ARGS__, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, ~)
#define ASYNCX_SEVENTEENTH_(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, seventeenth, ...) seventeenth
#define ASYNCX_COMMA_(...) ,
#define ASYNCX_IS_EMPTY_(...)                                                                                        \
    ASYNCX_IS_EMPTY_4_(ASYNCX_HAS_COMMA_(__VA_ARGS__), ASYNCX_HAS_COMMA_(ASYNCX_COMMA_ __VA_ARGS__),                 \
                       ASYNCX_HAS_COMMA_(__VA_ARGS__ ()), ASYNCX_HAS_COMMA_(ASYNCX_COMMA_ __VA_ARGS__ ()))
#define ASYNCX_IS_EMPTY_4_(a, b, c, d) ASYNCX_HAS_COMMA_(ASYNCX_PASTE_FIVE_(ASYNCX_EMPTY_, a, b, c, d))
#define ASYNCX_PASTE_FIVE_(a, b, c, d, e) a##b##c##d##e
#define ASYNCX_EMPTY_0001 ,

#if defined(__GNUC__) || defined(__TINYC__)
#define ASYNCX_MEMBER_ALIGNED_ ASYNCX_ALIGNED_(sizeof(void *) < 4 ? 4 : sizeof(void *))
#else
#define ASYNCX_MEMBER_ALIGNED_
#endif

/* The first member of an async function's frame: its state, and its result of `type` (void for none). */
#define ASYNCX_FRAME(type) asyncx_frame_ awaitable ASYNCX_MEMBER_ALIGNED_ ASYNCX_RESULT_(type)

/* The same for a function that has an ASYNC_FINALLY: one word more, which remembers how the function ended. */
#define ASYNCX_FRAME_FINALLY(type) asyncx_finally_frame_ awaitable ASYNCX_MEMBER_ALIGNED_ ASYNCX_RESULT_(type)

/* Declares an async function that another file defines. Goes into a header, beside the frame's type. */
#define ASYNCX_DECLARE(name) \
    ASYNCX_EXTERN_C_ asyncx_continuation *name##_async_(asyncx_continuation *asyncx_continuation_)

/* Defines the async function whose frame is the type `name`; a function body follows. `static ASYNC(name)` keeps it to
 * its file. Inside, `self` is the frame. */
#define ASYNCX_ASYNC(name)                                                                                         \
    asyncx_continuation *name##_async_(asyncx_continuation *asyncx_continuation_);                                 \
    ASYNCX_STATIC_ASSERT_(offsetof(name, awaitable) == 0, ASYNC_FRAME_must_be_the_first_member_of_##name);         \
    static inline asyncx_continuation *name##_body_(name *self);                                                   \
    asyncx_continuation *name##_async_(asyncx_continuation *asyncx_continuation_)                                  \
    {                                                                                                              \
        return name##_body_((name *)(void *)asyncx_continuation_);                                                 \
    }                                                                                                              \
    ASYNCX_DIAGNOSTICS_PUSH_                                                                                       \
    static inline asyncx_continuation *name##_body_(name *self)

/* Fails to compile when the frame of `name` has more than `bytes` bytes. */
#define ASYNCX_FRAME_BUDGET(name, bytes) \
    ASYNCX_STATIC_ASSERT_(sizeof(name) <= (bytes), frame_of_##name##_exceeds_its_budget)

/* Sets the parameters of a call and gives the call, to be awaited or started: ASYNC_CALL(name, frame, .a = 1, .b = x).
 *
 *   frame    pointer to a `name` that was zeroed before its first use and is not running now.
 *   .a = 1   up to 14 members; the others keep their values. A value with a comma in braces needs parentheses.
 *   Returns  an asyncx_call for AWAIT, asyncx_start and asyncx_get_awaiter.
 *   Misuse   FRAME_IN_USE; the frame stays as it is, and awaiting the call awaits what runs in it.
 */
#define ASYNCX_CALL(...) ASYNCX_PASTE_(ASYNCX_CALL_, ASYNCX_COUNT_(__VA_ARGS__))(__VA_ARGS__)
#if ASYNCX_GENERIC_
/* C would only warn about a pointer to another frame. */
#define ASYNCX_FRAME_POINTER_(name, frame) __extension__ _Generic((frame), name * : (frame), void * : (frame))
#else
#define ASYNCX_FRAME_POINTER_(name, frame) (frame)
#endif
#if ASYNCX_GNU_
#define ASYNCX_CALL_WITH_(name, frame, fields)                                                                      \
    __extension__({                                                                                                 \
        name *asyncx_frame_of_##name##_ = ASYNCX_FRAME_POINTER_(name, frame);                                       \
        asyncx_call asyncx_call_of_##name##_ =                                                                      \
            asyncx_task_call_(&asyncx_frame_of_##name##_->awaitable.task, name##_async_, #name);                    \
        if (ASYNCX_LIKELY_(asyncx_call_of_##name##_.state == ASYNCX_STATE_IDLE_)) {                                                    \
            fields                                                                                                  \
        }                                                                                                           \
        asyncx_call_of_##name##_;                                                                                   \
    })
#define ASYNCX_FIELD_(name, frame, assignment) (*asyncx_frame_of_##name##_) assignment;
#else
/* Without statement expressions `frame` is evaluated once for each member that is set. */
#define ASYNCX_CALL_WITH_(name, frame, fields)                                                                      \
    ((void)((frame)->awaitable.task.state == ASYNCX_STATE_IDLE_ ? (fields 0) : 0),                                  \
     asyncx_task_call_(&(1 ? (frame) : (name *)NULL)->awaitable.task, name##_async_, #name))
#define ASYNCX_FIELD_(name, frame, assignment) (*(frame)) assignment,
#endif
#define ASYNCX_CALL_2(n, f) ASYNCX_CALL_WITH_(n, f, )
#define ASYNCX_CALL_3(n, f, ...) ASYNCX_CALL_WITH_(n, f, ASYNCX_FIELDS_1_(n, f, __VA_ARGS__))
#define ASYNCX_CALL_4(n, f, ...) ASYNCX_CALL_WITH_(n, f, ASYNCX_FIELDS_2_(n, f, __VA_ARGS__))
#define ASYNCX_CALL_5(n, f, ...) ASYNCX_CALL_WITH_(n, f, ASYNCX_FIELDS_3_(n, f, __VA_ARGS__))
#define ASYNCX_CALL_6(n, f, ...) ASYNCX_CALL_WITH_(n, f, ASYNCX_FIELDS_4_(n, f, __VA_ARGS__))
#define ASYNCX_CALL_7(n, f, ...) ASYNCX_CALL_WITH_(n, f, ASYNCX_FIELDS_5_(n, f, __VA_ARGS__))
#define ASYNCX_CALL_8(n, f, ...) ASYNCX_CALL_WITH_(n, f, ASYNCX_FIELDS_6_(n, f, __VA_ARGS__))
#define ASYNCX_CALL_9(n, f, ...) ASYNCX_CALL_WITH_(n, f, ASYNCX_FIELDS_7_(n, f, __VA_ARGS__))
#define ASYNCX_CALL_10(n, f, ...) ASYNCX_CALL_WITH_(n, f, ASYNCX_FIELDS_8_(n, f, __VA_ARGS__))
#define ASYNCX_CALL_11(n, f, ...) ASYNCX_CALL_WITH_(n, f, ASYNCX_FIELDS_9_(n, f, __VA_ARGS__))
#define ASYNCX_CALL_12(n, f, ...) ASYNCX_CALL_WITH_(n, f, ASYNCX_FIELDS_10_(n, f, __VA_ARGS__))
#define ASYNCX_CALL_13(n, f, ...) ASYNCX_CALL_WITH_(n, f, ASYNCX_FIELDS_11_(n, f, __VA_ARGS__))
#define ASYNCX_CALL_14(n, f, ...) ASYNCX_CALL_WITH_(n, f, ASYNCX_FIELDS_12_(n, f, __VA_ARGS__))
#define ASYNCX_CALL_15(n, f, ...) ASYNCX_CALL_WITH_(n, f, ASYNCX_FIELDS_13_(n, f, __VA_ARGS__))
#define ASYNCX_CALL_16(n, f, ...) ASYNCX_CALL_WITH_(n, f, ASYNCX_FIELDS_14_(n, f, __VA_ARGS__))
#define ASYNCX_FIELDS_1_(n, f, a) ASYNCX_FIELD_(n, f, a)
#define ASYNCX_FIELDS_2_(n, f, a, ...) ASYNCX_FIELD_(n, f, a) ASYNCX_FIELDS_1_(n, f, __VA_ARGS__)
#define ASYNCX_FIELDS_3_(n, f, a, ...) ASYNCX_FIELD_(n, f, a) ASYNCX_FIELDS_2_(n, f, __VA_ARGS__)
#define ASYNCX_FIELDS_4_(n, f, a, ...) ASYNCX_FIELD_(n, f, a) ASYNCX_FIELDS_3_(n, f, __VA_ARGS__)
#define ASYNCX_FIELDS_5_(n, f, a, ...) ASYNCX_FIELD_(n, f, a) ASYNCX_FIELDS_4_(n, f, __VA_ARGS__)
#define ASYNCX_FIELDS_6_(n, f, a, ...) ASYNCX_FIELD_(n, f, a) ASYNCX_FIELDS_5_(n, f, __VA_ARGS__)
#define ASYNCX_FIELDS_7_(n, f, a, ...) ASYNCX_FIELD_(n, f, a) ASYNCX_FIELDS_6_(n, f, __VA_ARGS__)
#define ASYNCX_FIELDS_8_(n, f, a, ...) ASYNCX_FIELD_(n, f, a) ASYNCX_FIELDS_7_(n, f, __VA_ARGS__)
#define ASYNCX_FIELDS_9_(n, f, a, ...) ASYNCX_FIELD_(n, f, a) ASYNCX_FIELDS_8_(n, f, __VA_ARGS__)
#define ASYNCX_FIELDS_10_(n, f, a, ...) ASYNCX_FIELD_(n, f, a) ASYNCX_FIELDS_9_(n, f, __VA_ARGS__)
#define ASYNCX_FIELDS_11_(n, f, a, ...) ASYNCX_FIELD_(n, f, a) ASYNCX_FIELDS_10_(n, f, __VA_ARGS__)
#define ASYNCX_FIELDS_12_(n, f, a, ...) ASYNCX_FIELD_(n, f, a) ASYNCX_FIELDS_11_(n, f, __VA_ARGS__)
#define ASYNCX_FIELDS_13_(n, f, a, ...) ASYNCX_FIELD_(n, f, a) ASYNCX_FIELDS_12_(n, f, __VA_ARGS__)
#define ASYNCX_FIELDS_14_(n, f, a, ...) ASYNCX_FIELD_(n, f, a) ASYNCX_FIELDS_13_(n, f, __VA_ARGS__)

/* Labels: dense where the compiler counts, by line elsewhere (then two AWAITs need two lines). */
#if defined(__COUNTER__)
#define ASYNCX_COUNTER_ __COUNTER__
#else
#define ASYNCX_COUNTER_ __LINE__
#endif
#define ASYNCX_LABEL_(count) ((count) - asyncx_only_between_ASYNC_BEGIN_and_ASYNC_END_ - 1 + ASYNCX_STATE_FIRST_)

#if ASYNCX_LINT
/* Case labels that do not fit the type of the user's own switch: an AWAIT inside one draws an error. */
#if UINTPTR_MAX > 0xFFFF
typedef unsigned long long asyncx_wide_state_;
#define ASYNCX_WIDE_ 0x100000000ULL
#else
typedef unsigned long asyncx_wide_state_;
#define ASYNCX_WIDE_ 0x10000UL
#endif
#else
typedef asyncx_state asyncx_wide_state_;
#define ASYNCX_WIDE_ 0
#endif
#define ASYNCX_CASE_(state) (asyncx_wide_state_)(ASYNCX_WIDE_ + (state))

/* Mistakes that become errors between ASYNC(name), where clang decides what it looks for, and ASYNC_END. */
#if defined(__clang__) && ASYNCX_COMPUTED_GOTO
#define ASYNCX_DIAGNOSTICS_PUSH_ \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Wgnu-label-as-value\"")
#define ASYNCX_DIAGNOSTICS_POP_ _Pragma("clang diagnostic pop")
#elif defined(__clang__)
#define ASYNCX_DIAGNOSTICS_PUSH_                                                                          \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic error \"-Wuninitialized\"")                \
        _Pragma("clang diagnostic error \"-Wsometimes-uninitialized\"")                                   \
            _Pragma("clang diagnostic error \"-Wconditional-uninitialized\"")                             \
                _Pragma("clang diagnostic error \"-Wswitch\"")
#define ASYNCX_DIAGNOSTICS_POP_ _Pragma("clang diagnostic pop")
#elif defined(__GNUC__) && ASYNCX_COMPUTED_GOTO
#define ASYNCX_DIAGNOSTICS_PUSH_ _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wpedantic\"")
#define ASYNCX_DIAGNOSTICS_POP_ _Pragma("GCC diagnostic pop")
#elif defined(__GNUC__) && !defined(__cplusplus)
#define ASYNCX_DIAGNOSTICS_PUSH_                                                                          \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic error \"-Wjump-misses-init\"")                 \
        _Pragma("GCC diagnostic error \"-Woverflow\"")
#define ASYNCX_DIAGNOSTICS_POP_ _Pragma("GCC diagnostic pop")
#else
#define ASYNCX_DIAGNOSTICS_PUSH_
#define ASYNCX_DIAGNOSTICS_POP_
#endif

#if ASYNCX_DIAGNOSTICS
#define ASYNCX_AT_(text)                                                            \
    {                                                                               \
        static const asyncx_site asyncx_site_ = {__FILE__, text, __LINE__};         \
        asyncx_task_->continuation.site = &asyncx_site_;                            \
    }
#else
#define ASYNCX_AT_(text)
#endif

#define ASYNCX_HAS_FINALLY_ (sizeof(self->awaitable) != sizeof(asyncx_task))
#define ASYNCX_FINALLY_OUTCOME_ (*asyncx_finally_outcome_(asyncx_task_))

#if ASYNCX_COMPUTED_GOTO
#define ASYNCX_RESUME_POINT_(count) ASYNCX_PASTE_(asyncx_resume_point_, count):
#define ASYNCX_STATE_OF_(count)                                                                    \
    ((asyncx_state)(ASYNCX_STATE_FIRST_ + ((char *)__extension__ &&ASYNCX_PASTE_(asyncx_resume_point_, count) - \
                                           (char *)__extension__ &&asyncx_dispatch_)))
#else
#define ASYNCX_RESUME_POINT_(count) case ASYNCX_CASE_(ASYNCX_LABEL_(count)):
#define ASYNCX_STATE_OF_(count)   /* a negative size: more resume points than the state can tell apart */            \
    ((asyncx_state)(sizeof(char[ASYNCX_LABEL_(count) <= ASYNCX_STATE_MAX_ ? 1 : -1]) ? ASYNCX_LABEL_(count) : 0))
#endif

/* Opens the body; what is declared before it is set anew at each resumption. */
#define ASYNCX_BEGIN()                                                                  \
    enum { asyncx_only_between_ASYNC_BEGIN_and_ASYNC_END_ = ASYNCX_COUNTER_ };          \
    asyncx_task *const asyncx_task_ = &self->awaitable.task;                            \
    asyncx_state asyncx_state_ = asyncx_task_->state;                                   \
    asyncx_outcome asyncx_outcome_ = ASYNCX_OUTCOME_SUCCEEDED;                          \
    ASYNCX_TRACE(asyncx_state_ == ASYNCX_STATE_START_ ? ASYNCX_TRACE_START : ASYNCX_TRACE_RESUME, asyncx_task_); \
    asyncx_dispatch_:                                                                   \
    switch (ASYNCX_CASE_(asyncx_state_)) {                                              \
    asyncx_start_:                                                                      \
        asyncx_task_->state = ASYNCX_STATE_RUNNING_;                                    \
        if (ASYNCX_HAS_FINALLY_)                                                        \
            ASYNCX_FINALLY_OUTCOME_ = 0;

/* Closes the body. Falling off its end is success. */
#define ASYNCX_END()                                                                    \
        if (ASYNCX_HAS_FINALLY_ && ASYNCX_FINALLY_OUTCOME_)                             \
            return asyncx_task_complete_(asyncx_task_, ASYNCX_FINALLY_OUTCOME_);        \
        asyncx_outcome_ = ASYNCX_OUTCOME_SUCCEEDED;                                     \
        goto asyncx_exit_;                                                              \
        if (0)                                                                          \
            goto asyncx_failed_;                                                        \
    asyncx_failed_:                                                                     \
        if (ASYNCX_TRIPS_(ASYNCX_TAG_OF_(asyncx_outcome_) != ASYNCX_COMPLETE_))         \
            return asyncx_no_outcome_(asyncx_task_, asyncx_outcome_, asyncx_state_);    \
    asyncx_exit_:                                                                       \
        if (ASYNCX_HAS_FINALLY_ && !ASYNCX_FINALLY_OUTCOME_) {                          \
            asyncx_state_ = ASYNCX_STATE_FINALLY_;                                      \
            goto asyncx_dispatch_;                                                      \
        }                                                                               \
        return asyncx_task_complete_(asyncx_task_, asyncx_outcome_);                    \
    default:                                                                            \
        /* Tested after the resume points: a task starts once and is resumed often. */     \
        if (!ASYNCX_LIKELY_(asyncx_state_ != ASYNCX_STATE_START_))                      \
            goto asyncx_start_;                                                         \
        if (ASYNCX_HAS_FINALLY_ && asyncx_state_ == ASYNCX_STATE_FINALLY_)              \
            return asyncx_task_complete_(asyncx_task_, asyncx_outcome_);                \
        ASYNCX_GO_TO_RESUME_POINT_                                                      \
        return asyncx_resume_misuse_(asyncx_task_, asyncx_state_);                      \
    }                                                                                   \
    ASYNCX_DIAGNOSTICS_POP_

#if ASYNCX_COMPUTED_GOTO
#define ASYNCX_GO_TO_RESUME_POINT_                                                                                   \
    if (asyncx_state_ >= ASYNCX_STATE_FIRST_)                                                                        \
        goto *(void *)((char *)__extension__ &&asyncx_dispatch_ + (int32_t)(asyncx_state_ - ASYNCX_STATE_FIRST_));
#else
#define ASYNCX_GO_TO_RESUME_POINT_
#endif

/* Marks the clean-up that every way out of the function leads through, once: `ASYNC_FINALLY:`. It may await. Failing in
 * it replaces how the function ends. Needs ASYNC_FRAME_FINALLY. */
#define ASYNCX_FINALLY                                                                                          \
    asyncx_outcome_ = ASYNCX_OUTCOME_SUCCEEDED;                                                                 \
    if (0) {                                                                                                    \
    case ASYNCX_CASE_(ASYNCX_STATE_FINALLY_):;                                                                  \
    }                                                                                                           \
    (void)sizeof(char[ASYNCX_HAS_FINALLY_ ? 1 : -1]);   /* negative: the frame needs ASYNC_FRAME_FINALLY */     \
    ASYNCX_FINALLY_OUTCOME_ = asyncx_outcome_;                                                                  \
    asyncx_task_->state = ASYNCX_STATE_RUNNING_;                                                                \
    goto asyncx_finally_;                                                                                       \
    asyncx_finally_

#define ASYNCX_AWAIT_NUMBERED_(x, text, count, on_outcome)                                               \
    do {                                                                                                 \
        ASYNCX_AT_(text)                                                                                 \
        {                                                                                                \
            const asyncx_step asyncx_step_here_ = ASYNCX_BEGIN_AWAIT_(asyncx_task_, x, ASYNCX_STATE_OF_(count)); \
            if (!asyncx_step_here_.outcome)                                                              \
                return asyncx_step_here_.next;                                                           \
            asyncx_outcome_ = asyncx_step_here_.outcome;                                                 \
        }                                                                                                \
        if (0) {                                                                                         \
            ASYNCX_RESUME_POINT_(count)                                                                  \
            asyncx_outcome_ = asyncx_end_await_(asyncx_task_, ASYNCX_KIND_OF_(x));                       \
        }                                                                                                \
        on_outcome(count)                                                                                \
        if (ASYNCX_CHECKS)                                                                               \
            asyncx_task_->state = ASYNCX_STATE_RUNNING_;                                                 \
    } while (0)
#define ASYNCX_PROPAGATE_(count)                                                                         \
    if (!ASYNCX_LIKELY_(asyncx_outcome_ == ASYNCX_OUTCOME_SUCCEEDED)) {                                  \
        asyncx_state_ = ASYNCX_STATE_OF_(count);                                                         \
        goto asyncx_failed_;                                                                             \
    }
#define ASYNCX_TRIP_EARLY_(count)                                                                        \
    if (ASYNCX_TRIPS_(ASYNCX_TAG_OF_(asyncx_outcome_) != ASYNCX_COMPLETE_))                              \
        return asyncx_no_outcome_(asyncx_task_, asyncx_outcome_, ASYNCX_STATE_OF_(count));

/* Waits for `x` to complete. If it failed or was canceled, this function ends in the same way (through its
 * ASYNC_FINALLY); AWAIT_STATUS hands the outcome over instead. */
#define ASYNCX_AWAIT(x) ASYNCX_AWAIT_NUMBERED_(x, #x, ASYNCX_COUNTER_, ASYNCX_PROPAGATE_)

/* Waits for `x` to complete and stores how it ended in `outcome`, an lvalue of type asyncx_outcome. */
#define ASYNCX_AWAIT_STATUS(outcome, x)                                          \
    do {                                                                         \
        ASYNCX_AWAIT_NUMBERED_(x, #x, ASYNCX_COUNTER_, ASYNCX_TRIP_EARLY_);      \
        (outcome) = asyncx_outcome_;                                             \
    } while (0)

/* Waits until `condition` is true: evaluates it at each resumption, and lets others run in between. A task that has an
 * executor polls there; one that has none is resumed by hand (asyncx_run_task). */
#define ASYNCX_AWAIT_UNTIL(condition)                                                               \
    do {                                                                                            \
        while (!(condition))                                                                        \
            ASYNCX_AWAIT_NUMBERED_(asyncx_yield(), #condition, ASYNCX_COUNTER_, ASYNCX_PROPAGATE_); \
    } while (0)

/* Ends the function with success, and with a value unless the frame is one of void. */
#define ASYNCX_RETURN(...)                                                                                       \
    do {                                                                                                         \
        ASYNCX_PASTE_(ASYNCX_RETURN_EMPTY_, ASYNCX_IS_EMPTY_(__VA_ARGS__))(__VA_ARGS__);                         \
        asyncx_outcome_ = ASYNCX_OUTCOME_SUCCEEDED;                                                              \
        goto asyncx_exit_;                                                                                       \
    } while (0)
#define ASYNCX_RETURN_EMPTY_0(...) self->result = __VA_ARGS__
#define ASYNCX_RETURN_EMPTY_1(...) (void)0

/* Ends the function with `error`, as a throw would: the awaiting function ends likewise, unless it asks. */
#define ASYNCX_FAIL(error)                                 \
    do {                                                   \
        asyncx_outcome_ = asyncx_outcome_faulted(error);   \
        goto asyncx_exit_;                                 \
    } while (0)

/* Ends the function as canceled. */
#define ASYNCX_CANCEL()                              \
    do {                                             \
        asyncx_outcome_ = ASYNCX_OUTCOME_CANCELED;   \
        goto asyncx_exit_;                           \
    } while (0)

/* Ends the function as `outcome` says, an asyncx_outcome: passes on what AWAIT_STATUS handed over. */
#define ASYNCX_RETURN_OUTCOME(outcome) \
    do {                               \
        asyncx_outcome_ = (outcome);   \
        goto asyncx_exit_;             \
    } while (0)

#if ASYNCX_GENERIC_ || ASYNCX_OVERLOADS_
static inline asyncx_yield_awaiter asyncx_yield(void)
{
    asyncx_yield_awaiter yield = {0};
    return yield;
}
static inline asyncx_suspend_awaiter asyncx_suspend(void)
{
    asyncx_suspend_awaiter suspend = {0};
    return suspend;
}
#else
static inline asyncx_awaiter asyncx_yield(void) { return asyncx_awaiter_of(&asyncx_yield_object_, 0); }
static inline asyncx_awaiter asyncx_suspend(void) { return asyncx_awaiter_of(&asyncx_yield_object_, 1); }
#endif

static inline asyncx_configured_awaiter asyncx_configure_await_(asyncx_awaiter awaiter, unsigned int flags)
{
    asyncx_configured_awaiter configured;
    configured.awaiter = awaiter;
    configured.flags = flags & (ASYNCX_USE_EXECUTOR | ASYNCX_FLOW_CONTEXT);
    return configured;
}
/* Calls an async function here and now: asyncx_start(ASYNC_CALL(name, frame, ...)). It runs until its first suspension
 * before this returns. It has no executor: whatever completes what it awaits resumes it, inline.
 *
 *   call     from ASYNC_CALL; evaluated once, like every argument of these macros.
 *   Threads  the thread that shall run it; not an interrupt.
 *   Resumes  the task.
 *   Owns     the frame, until the task is complete.
 *   Source   calling an async method; semantics BU-1.
 *   Misuse   FRAME_IN_USE; nothing starts.
 */
#define asyncx_start(call) asyncx_start_call_(call, NULL, NULL)

/* Starts an async function on `executor`, by a post. The task and all that it calls come back there after each await,
 * unless asyncx_configure_await says otherwise.
 *
 *   Threads  any thread, signal handler or interrupt that the executor's post accepts.
 *   Owns     the frame, until the task is complete.
 *   Source   Task.Factory.StartNew on a scheduler.
 *   Misuse   FRAME_IN_USE; nothing starts.
 */
#define asyncx_start_on(call, executor) asyncx_start_call_(call, executor, NULL)

/* Starts an async function, on `executor` or, if that is NULL, here and now, and resumes `continuation` when it is
 * complete: a detached task with a completion callback, which may free the frame.
 *
 *   continuation  prepared by asyncx_continuation_init; it runs where that says.
 *   Threads, Resumes, Misuse  as asyncx_start and asyncx_start_on.
 *   Owns     the frame and the continuation, until the latter ran.
 */
#define asyncx_start_then(call, executor, continuation) asyncx_start_call_(call, executor, continuation)

/* Resumes a task that is suspended in asyncx_suspend(), or without an executor in asyncx_yield() or AWAIT_UNTIL.
 *
 *   Threads  the thread that drives the task.
 *   Resumes  the task, and whoever awaits it if it completes.
 *   Misuse   RESULT_BEFORE_COMPLETION if it waits for something else, RESUMED_WHILE_RUNNING, RESUMED_AFTER_COMPLETION
 *            (also when it was not started yet), UNINITIALISED when it was never called; it stays as it is.
 */
#define asyncx_run_task(frame) asyncx_run_task_(&(frame)->awaitable.task)

/* Returns the continuation that a suspended frame is: for asyncx_post, and for executors of your own.
 *
 *   Threads  any thread.
 */
#define asyncx_continuation_of(frame) (&(frame)->awaitable.task.continuation)

/* Says that a frame's memory goes away now.
 *
 *   Threads  the frame's owner.
 *   Misuse   DESTROYED_IN_USE when the task was started and is not complete.
 */
#define asyncx_frame_destroy(frame) asyncx_task_destroy_(&(frame)->awaitable.task)

/* Returns the awaiter of anything that AWAIT takes: an awaiter, a value task, a call, or a pointer to a frame, to a
 * completion source, to a versioned source (its current version), to a typed value task or to a struct whose first member
 * is `asyncx_awaitable awaitable`. Anything else does not compile.
 *
 *   x        evaluated once.
 *   Threads  any thread.
 *   Source   GetAwaiter; semantics AW-1.
 */
#define asyncx_get_awaiter(x) ASYNCX_GET_AWAITER_(x)

/* Returns `x` to be awaited once with other flags than AWAIT's ASYNCX_USE_EXECUTOR: with 0 the task is resumed wherever
 * `x` completes. The next AWAIT of a source brings it back to its executor; what it calls from there goes on there.
 *
 *   flags    0 or ASYNCX_USE_EXECUTOR; an awaiter of your own also sees ASYNCX_FLOW_CONTEXT; others are ignored.
 *   Threads  any thread.
 *   Source   ConfigureAwait; semantics VT-7. Differs: .NET does not come back.
 */
#define asyncx_configure_await(x, flags) asyncx_configure_await_(ASYNCX_GET_AWAITER_(x), flags)

/* The status and the outcome of anything that AWAIT takes; see asyncx_awaiter_get_status and asyncx_awaiter_get_result. */
#define asyncx_status_of(x) asyncx_awaiter_get_status(ASYNCX_GET_AWAITER_(x))
#define asyncx_outcome_of(x) asyncx_awaiter_get_result(ASYNCX_GET_AWAITER_(x))
#define asyncx_is_completed(x) (asyncx_status_of(x) != ASYNCX_PENDING)

/* Registering with anything that AWAIT takes, and taking that back; see asyncx_awaiter_on_completed and
 * asyncx_awaiter_withdraw. */
#define asyncx_on_completed(x, continuation, flags) \
    asyncx_awaiter_on_completed(ASYNCX_GET_AWAITER_(x), continuation, flags)
#define asyncx_withdraw(x, continuation) asyncx_awaiter_withdraw(ASYNCX_GET_AWAITER_(x), continuation)

/* == 6. COMPLETION SOURCE ===================================================================== */
/* One operation, completed once from outside, awaited by any number of tasks.                      */

typedef struct asyncx_completion_core_ {
    asyncx_source source;
} asyncx_completion_core_;

static inline void asyncx_source_init_(asyncx_source *source, unsigned int flags, asyncx_executor *executor)
{
    uintptr_t asynchronous = flags & ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY;
    bool is_missing = ASYNCX_TRIPS_(asynchronous && !executor);
    if (is_missing)
        asynchronous = 0;
    asyncx_init_(&source->executor, (uintptr_t)executor + asynchronous);   /* a sum the linker can do, unlike an or */
    asyncx_init_(&source->operation.word, ASYNCX_PLAIN_);
    if (is_missing)
        asyncx_misuse_(ASYNCX_MISUSE_MISSING_EXECUTOR, source);
}

#if ASYNCX_SINGLE_THREADED
ASYNCX_COLD_ bool asyncx_source_is_pending_(const asyncx_source *source)
{
    return ASYNCX_TAG_OF_(source->operation.word) != ASYNCX_COMPLETE_;
}
#endif

/* Makes the caller the one who completes `source`, or returns false because there is one already. */
ASYNCX_ALWAYS_INLINE_ bool asyncx_source_reserve_(asyncx_source *source)
{
#if ASYNCX_SINGLE_THREADED
    return ASYNCX_LIKELY_(ASYNCX_TAG_OF_(source->operation.word) == ASYNCX_PLAIN_) || asyncx_source_is_pending_(source);
#else
    return !(asyncx_fetch_or_(&source->executor, ASYNCX_RESERVED_) & ASYNCX_RESERVED_);
#endif
}

ASYNCX_OUTLINE_ void asyncx_source_release_list_(uintptr_t executor, uintptr_t waiters)
{
    asyncx_continuation *waiter = asyncx_release_waiters_(waiters, executor);
    if (waiter)
        asyncx_resume(waiter);
}

ASYNCX_OUTLINE_ void asyncx_post_waiter_(asyncx_executor *executor, asyncx_continuation *waiter)
{
    asyncx_post_to_(executor, waiter);
}

/* Publishes the outcome and resumes the waiters; the source is not touched after the exchange. */
ASYNCX_ALWAYS_INLINE_ void asyncx_source_publish_(asyncx_source *source, asyncx_outcome outcome)
{
    uintptr_t executor = asyncx_load_(&source->executor);
    uintptr_t waiters = asyncx_exchange_(&source->operation.word, outcome);
    if (!ASYNCX_LIKELY_(ASYNCX_TAG_OF_(waiters) == ASYNCX_PLAIN_))
        asyncx_source_release_list_(executor, waiters);
    else if (!waiters)
        return;
    else if (executor & ASYNCX_ASYNCHRONOUS_)
        asyncx_post_waiter_((asyncx_executor *)(executor & ~(uintptr_t)ASYNCX_TAG_), (asyncx_continuation *)waiters);
    else if (ASYNCX_IN_INTERRUPT())
        asyncx_post((asyncx_executor *)(executor & ~(uintptr_t)ASYNCX_TAG_), (asyncx_continuation *)waiters);
    else
        asyncx_resume((asyncx_continuation *)waiters);
}

ASYNCX_ALWAYS_INLINE_ bool asyncx_source_try_set_(asyncx_source *source, asyncx_outcome outcome)
{
    if (!asyncx_source_reserve_(source))
        return false;
    asyncx_source_publish_(source, outcome);
    return true;
}

ASYNCX_ALWAYS_INLINE_ void asyncx_source_set_(asyncx_source *source, asyncx_outcome outcome)
{
    if (!asyncx_source_try_set_(source, outcome))
        asyncx_misuse_(ASYNCX_MISUSE_ALREADY_COMPLETED, source);
}

static inline void asyncx_source_destroy_(asyncx_source *source)
{
    uintptr_t word = asyncx_load_(&source->operation.word);
    if (ASYNCX_TRIPS_(ASYNCX_TAG_OF_(word) != ASYNCX_COMPLETE_ && word & ~(uintptr_t)ASYNCX_LIST_))
        asyncx_misuse_(ASYNCX_MISUSE_DESTROYED_IN_USE, source);
}

#if ASYNCX_GNU_
#define ASYNCX_SET_VALUE_(completing, value, otherwise)                                                 \
    __extension__({                                                                                     \
        __typeof__(completing) asyncx_completing_ = (completing);                                       \
        __typeof__(asyncx_completing_->result) asyncx_value_ = (value);                                 \
        bool asyncx_is_first_ = asyncx_source_reserve_(&asyncx_completing_->awaitable.source);          \
        if (ASYNCX_LIKELY_(asyncx_is_first_)) {                                                         \
            asyncx_completing_->result = asyncx_value_;                                                 \
            asyncx_source_publish_(&asyncx_completing_->awaitable.source, ASYNCX_OUTCOME_SUCCEEDED);    \
        } else {                                                                                        \
            otherwise(&asyncx_completing_->awaitable.source);                                           \
        }                                                                                               \
        asyncx_is_first_;                                                                               \
    })
#else
#define ASYNCX_SET_VALUE_(completing, value, otherwise)                                                  \
    (asyncx_source_reserve_(&(completing)->awaitable.source)                                             \
         ? ((completing)->result = (value),                                                              \
            asyncx_source_publish_(&(completing)->awaitable.source, ASYNCX_OUTCOME_SUCCEEDED), true)     \
         : ((void)(value), otherwise(&(completing)->awaitable.source), false))
#endif
ASYNCX_ALWAYS_INLINE_ void asyncx_lost_(asyncx_source *source) { (void)source; }
ASYNCX_ALWAYS_INLINE_ void asyncx_set_twice_(asyncx_source *source)
{
    (void)source;
    asyncx_misuse_(ASYNCX_MISUSE_ALREADY_COMPLETED, source);
}

#define ASYNCX_BY_COUNT_(...) ASYNCX_THIRD_(__VA_ARGS__, VALUE_, VOID_, ~)
#define ASYNCX_VOID_SOURCE_(s) \
    (&(s)->awaitable.source + 0 * sizeof(char[sizeof(*(s)) == sizeof((s)->awaitable) ? 1 : -1]))
#define ASYNCX_TRY_SET_VALUE_(s, value) ASYNCX_SET_VALUE_(s, value, asyncx_lost_)
#define ASYNCX_SET_RESULT_VALUE_(s, value) ((void)ASYNCX_SET_VALUE_(s, value, asyncx_set_twice_))
#define ASYNCX_TRY_SET_VOID_(s) asyncx_source_try_set_(ASYNCX_VOID_SOURCE_(s), ASYNCX_OUTCOME_SUCCEEDED)
#define ASYNCX_SET_RESULT_VOID_(s) asyncx_source_set_(ASYNCX_VOID_SOURCE_(s), ASYNCX_OUTCOME_SUCCEEDED)

/* The type of a completion source whose result is of `type`, or of none: ASYNCX_COMPLETION_SOURCE(int) done. The result
 * is its member `result`. Each use is a type of its own: name it with a typedef to pass it on. Zeroed, a source is pending,
 * resumes its waiters inline and has no executor. */
#define ASYNCX_COMPLETION_SOURCE(type) struct { asyncx_completion_core_ awaitable ASYNCX_RESULT_(type); }
typedef ASYNCX_COMPLETION_SOURCE(void) asyncx_completion_source;

/* Makes a completion source pending.
 *
 *   flags     ASYNCX_RUN_CONTINUATIONS_INLINE or ASYNCX_RUN_CONTINUATIONS_ASYNCHRONOUSLY.
 *   executor  where waiters without an executor of their own are posted; needed by the latter flag, and by a source that
 *             an interrupt completes; else may be NULL.
 *   Threads   before the source is shared.
 *   Source    the constructor of TaskCompletionSource; semantics TC-7.
 *   Misuse    MISSING_EXECUTOR; the source then runs its continuations inline.
 */
#define asyncx_completion_source_init(completion_source, flags, executor) \
    asyncx_source_init_(&(completion_source)->awaitable.source, flags, executor)

/* Says that the source's memory goes away now.
 *
 *   Threads  the source's owner.
 *   Misuse   DESTROYED_IN_USE when it has waiters.
 */
#define asyncx_completion_source_destroy(completion_source) \
    asyncx_source_destroy_(&(completion_source)->awaitable.source)

/* Completes a completion source or the current version of a versioned source with success: asyncx_try_set_result(source)
 * if its result is void, asyncx_try_set_result(source, value) else.
 *
 *   value    converted to the type of the result; evaluated once, whether it wins or not.
 *   Returns  true to exactly one caller, when the result is published; false when the source is completed already, or
 *            about to be by a caller that this one interrupted: nothing changes, and nothing is waited for.
 *   Threads  any thread, signal handler or interrupt.
 *   Resumes  the waiters, in the order of their registration: see "Where a continuation runs".
 *   Owns     the source is not touched after its waiters are released: they may free it.
 *   Cost     two atomic operations; never allocates, never blocks.
 *   Source   TaskCompletionSource.TrySetResult; semantics TC-1, TC-3. Differs: a loser does not wait.
 */
#define asyncx_try_set_result(...) ASYNCX_PASTE_(ASYNCX_TRY_SET_, ASYNCX_BY_COUNT_(__VA_ARGS__))(__VA_ARGS__)

/* The same, for the only completer there is.
 *
 *   Misuse   ALREADY_COMPLETED; nothing changes.
 *   Source   TaskCompletionSource.SetResult; semantics TC-4, MR-8. Differs: a second call does not overwrite.
 */
#define asyncx_set_result(...) \
    ASYNCX_PASTE_(ASYNCX_SET_, ASYNCX_PASTE_(RESULT_, ASYNCX_BY_COUNT_(__VA_ARGS__)))(__VA_ARGS__)

/* The same pair for failure: the awaiting functions fail with `error`, unless they ask for the outcome.
 *
 *   error    see asyncx_outcome_faulted.
 *   Source   TaskCompletionSource.TrySetException, SetException.
 */
#define asyncx_try_set_error(s, error) asyncx_source_try_set_(&(s)->awaitable.source, asyncx_outcome_faulted(error))
#define asyncx_set_error(s, error) asyncx_source_set_(&(s)->awaitable.source, asyncx_outcome_faulted(error))

/* The same pair for cancellation.
 *
 *   Source   TaskCompletionSource.TrySetCanceled, SetCanceled; semantics TC-6.
 */
#define asyncx_try_set_canceled(s) asyncx_source_try_set_(&(s)->awaitable.source, ASYNCX_OUTCOME_CANCELED)
#define asyncx_set_canceled(s) asyncx_source_set_(&(s)->awaitable.source, ASYNCX_OUTCOME_CANCELED)

/* == 7. REUSABLE VERSIONED SOURCE, VALUE TASK ================================================= */
/* One object, one operation after the other; a token tells them apart, so that stale use trips.     */

typedef struct asyncx_value_core_ {
    asyncx_awaitable awaitable;
    asyncx_source source;
    asyncx_token version;
} asyncx_value_core_;

/* One await of one operation, by value: a versioned source and its token, or an outcome that is known already. A
 * zeroed value task is complete, with success. Await it once. */
typedef struct asyncx_value_task {
    /* private: */
    asyncx_awaiter awaiter;
} asyncx_value_task;

ASYNCX_ALWAYS_INLINE_ bool asyncx_value_is_stale_(const asyncx_value_core_ *core, asyncx_token token)
{
    if (!ASYNCX_TRIPS_(core->version != token))
        return false;
    asyncx_misuse_(ASYNCX_MISUSE_STALE_TOKEN, core);
    return true;
}

static inline asyncx_status asyncx_value_get_status_(asyncx_awaitable *awaitable, asyncx_token token)
{
    asyncx_value_core_ *core = (asyncx_value_core_ *)(void *)awaitable;
    return asyncx_value_is_stale_(core, token) ? ASYNCX_CANCELED : asyncx_operation_get_status_(&core->source.operation);
}

ASYNCX_OUTLINE_ bool asyncx_value_on_completed_(asyncx_awaitable *awaitable, asyncx_token token,
                                                asyncx_continuation *continuation, unsigned int flags)
{
    asyncx_value_core_ *core = (asyncx_value_core_ *)(void *)awaitable;
    if (asyncx_value_is_stale_(core, token))
        return false;
    return asyncx_operation_register_(&core->source.operation, continuation,
                                      (flags & (ASYNCX_USE_EXECUTOR | ASYNCX_FLOW_CONTEXT)) | ASYNCX_ONE_WAITER_);
}

static inline asyncx_outcome asyncx_value_get_result_(asyncx_awaitable *awaitable, asyncx_token token)
{
    asyncx_value_core_ *core = (asyncx_value_core_ *)(void *)awaitable;
    return asyncx_value_is_stale_(core, token) ? ASYNCX_OUTCOME_CANCELED
                                               : asyncx_operation_get_result_(&core->source.operation);
}

static inline bool asyncx_value_withdraw_(asyncx_awaitable *awaitable, asyncx_token token,
                                          asyncx_continuation *continuation)
{
    asyncx_value_core_ *core = (asyncx_value_core_ *)(void *)awaitable;
    return !asyncx_value_is_stale_(core, token) &&
           asyncx_operation_withdraw_(&core->source.operation, asyncx_load_(&core->source.executor), continuation);
}

static const asyncx_awaiter_ops asyncx_value_ops_ = {asyncx_value_get_status_, asyncx_value_on_completed_,
                                                     asyncx_value_get_result_, asyncx_value_withdraw_};

static inline void asyncx_value_init_(asyncx_value_core_ *core, unsigned int flags, asyncx_executor *executor)
{
    core->awaitable.ops = &asyncx_value_ops_;
    core->version = 0;
    asyncx_source_init_(&core->source, flags, executor);
}

/* Opens the next version. */
ASYNCX_ALWAYS_INLINE_ void asyncx_value_renew_(asyncx_value_core_ *core)
{
    core->version++;
    asyncx_init_(&core->source.operation.word, ASYNCX_PLAIN_);
#if !ASYNCX_SINGLE_THREADED
    asyncx_store_(&core->source.executor,   /* last: opens the source to set_* */
                  asyncx_load_(&core->source.executor) & ~(uintptr_t)ASYNCX_RESERVED_);
#endif
}

/* Resets a source that is not complete: fine, unless somebody waits or is completing it. */
ASYNCX_COLD_ void asyncx_value_reset_pending_(asyncx_value_core_ *core)
{
    if (!core->awaitable.ops)
        asyncx_misuse_(ASYNCX_MISUSE_UNINITIALISED, core);
    else if ((asyncx_load_(&core->source.operation.word) & ~(uintptr_t)ASYNCX_LIST_) ||
             (asyncx_load_(&core->source.executor) & ASYNCX_RESERVED_))
        asyncx_misuse_(ASYNCX_MISUSE_RESET_WHILE_AWAITED, core);
    else
        asyncx_value_renew_(core);
}

ASYNCX_ALWAYS_INLINE_ void asyncx_value_reset_(asyncx_value_core_ *core)
{
    if (ASYNCX_TRIPS_(ASYNCX_TAG_OF_(asyncx_load_(&core->source.operation.word)) != ASYNCX_COMPLETE_))
        asyncx_value_reset_pending_(core);
    else
        asyncx_value_renew_(core);
}

ASYNCX_ALWAYS_INLINE_ asyncx_value_task asyncx_value_task_of_(asyncx_value_core_ *core)
{
    asyncx_value_task task;
    task.awaiter = asyncx_awaiter_of(&core->awaitable, core->version);
    return task;
}

/* Returns a value task for `token` of an object that implements the protocol.
 *
 *   Threads  any thread.
 *   Source   the constructor of ValueTask that takes an IValueTaskSource.
 */
static inline asyncx_value_task asyncx_value_task_of(asyncx_awaitable *awaitable, asyncx_token token)
{
    asyncx_value_task task;
    task.awaiter = asyncx_awaiter_of(awaitable, token);
    return task;
}

/* Returns a value task that is complete already.
 *
 *   Threads  any thread.
 *   Source   ValueTask.FromResult, FromException, FromCanceled.
 */
static inline asyncx_value_task asyncx_value_task_from_outcome(asyncx_outcome outcome)
{
    asyncx_value_task task;
    task.awaiter = asyncx_completed(outcome);
    return task;
}

/* Ends an await with `outcome`: whatever its kind, the resume point then finds that. */
ASYNCX_COLD_ asyncx_continuation *asyncx_end_with_(asyncx_task *task, asyncx_outcome outcome, asyncx_state state)
{
    task->awaited = outcome;
    asyncx_suspend_at_(task, state);
    return asyncx_opaque_(&task->continuation);
}

ASYNCX_COLD_ asyncx_continuation *asyncx_wait_for_stale_(asyncx_task *task, const void *source, asyncx_state state)
{
    asyncx_misuse_(ASYNCX_MISUSE_STALE_TOKEN, source);
    (void)source;
    return asyncx_end_with_(task, ASYNCX_OUTCOME_CANCELED, state);
}

/* An AWAIT that got something else than an outcome. */
ASYNCX_COLD_ asyncx_continuation *asyncx_no_outcome_(asyncx_task *task, asyncx_outcome outcome, asyncx_state state)
{
    if (outcome == ASYNCX_STALE_)
        return asyncx_wait_for_stale_(task, ASYNCX_AWAITABLE_OF_(task->awaited), state);
    if (outcome == ASYNCX_ASK_)
        return asyncx_end_with_(task, asyncx_end_general_(task), state);
    return asyncx_resumed_too_early_(task, state);
}

ASYNCX_OUTLINE_ asyncx_continuation *asyncx_wait_for_version_(asyncx_task *task, asyncx_value_core_ *core,
                                                              asyncx_state state)
{
    asyncx_suspend_at_(task, state);
    if (asyncx_value_on_completed_(&core->awaitable, task->token, &task->continuation, ASYNCX_USE_EXECUTOR))
        return NULL;
    if (ASYNCX_TRIPS_(asyncx_operation_get_status_(&core->source.operation) == ASYNCX_PENDING))
        return asyncx_end_with_(task, ASYNCX_OUTCOME_CANCELED, state);   /* SECOND_CONTINUATION was told */
    return &task->continuation;
}

/* Awaits the version of `core` that `token` names. */
ASYNCX_ALWAYS_INLINE_ asyncx_step asyncx_await_version_(asyncx_task *task, asyncx_value_core_ *core, asyncx_token token,
                                                        asyncx_state state)
{
    uintptr_t word;
    if (ASYNCX_TRIPS_(core->version != token))
        return asyncx_return_(asyncx_wait_for_stale_(task, core, state));
    word = asyncx_load_(&core->source.operation.word);
    task->awaited = (uintptr_t)core + ASYNCX_OBJECT_AWAITABLE_;
    task->token = token;
    if (asyncx_register_alone_(task, &core->source.operation, word, state))
        return asyncx_return_(NULL);
    if (ASYNCX_TAG_OF_(word) == ASYNCX_COMPLETE_)
        return asyncx_go_on_(word);
    return asyncx_return_(asyncx_wait_for_version_(task, core, state));
}

ASYNCX_ALWAYS_INLINE_ asyncx_step asyncx_await_value_task_(asyncx_task *task, asyncx_value_task value_task,
                                                           asyncx_state state)
{
    char *object = value_task.awaiter.object;
    asyncx_awaitable *awaitable;
    if (!ASYNCX_LIKELY_(object))
        return asyncx_go_on_(ASYNCX_OUTCOME_SUCCEEDED);
    if (!ASYNCX_LIKELY_(!((uintptr_t)object & 1)))
        return asyncx_go_on_((asyncx_outcome)object);
    awaitable = ASYNCX_AWAITABLE_OF_(object);
    if (ASYNCX_LIKELY_(awaitable->ops == &asyncx_value_ops_))
        return asyncx_await_version_(task, (asyncx_value_core_ *)(void *)awaitable, value_task.awaiter.token, state);
    return asyncx_return_(asyncx_wait_for_(task, value_task.awaiter, ASYNCX_USE_EXECUTOR, state));
}

ASYNCX_ALWAYS_INLINE_ asyncx_outcome asyncx_end_version_(asyncx_task *task)
{
    asyncx_value_core_ *core = (asyncx_value_core_ *)(void *)ASYNCX_AWAITABLE_OF_(task->awaited);
    if (ASYNCX_CHECKS && !ASYNCX_LIKELY_(!(task->awaited & 1)))
        return task->awaited;   /* from asyncx_end_with_ */
    if (ASYNCX_TRIPS_(core->version != task->token))
        return ASYNCX_STALE_;
    return asyncx_peek_(&core->source.operation.word);
}

/* The usual object behind a value task is a versioned source; others are asked out of line. */
ASYNCX_ALWAYS_INLINE_ asyncx_outcome asyncx_end_value_task_(asyncx_task *task)
{
    if (!ASYNCX_LIKELY_(!(task->awaited & 1)))
        return task->awaited;
    if (ASYNCX_LIKELY_(ASYNCX_AWAITABLE_OF_(task->awaited)->ops == &asyncx_value_ops_))
        return asyncx_end_version_(task);
#if ASYNCX_CHECKS
    return ASYNCX_ASK_;   /* so that nothing is called from here: see asyncx_wait_for_operation_ */
#else
    return asyncx_end_general_(task);
#endif
}

/* Trips unless the result may be taken. */
static inline void asyncx_value_task_check_(const asyncx_value_task *task) { (void)asyncx_awaiter_get_result(task->awaiter); }

/* The type of a versioned source whose result is of `type`, or of none: ASYNCX_VALUE_SOURCE(int) received. */
#define ASYNCX_VALUE_SOURCE(type) struct { asyncx_value_core_ awaitable ASYNCX_RESULT_(type); }
typedef ASYNCX_VALUE_SOURCE(void) asyncx_value_source;

/* Makes a versioned source pending, at version 0. The flag stays through every reset.
 *
 *   flags, executor, Misuse  as asyncx_completion_source_init.
 *   Threads  before the source is shared.
 *   Source   ManualResetValueTaskSourceCore; semantics MR-1, MR-14.
 */
#define asyncx_value_source_init(value_source, flags, executor) \
    asyncx_value_init_(&(value_source)->awaitable, flags, executor)

/* Begins the next operation: a new version, pending. Value tasks of the versions before trip from here on.
 *
 *   Threads  the source's one producer, when the version before is consumed, or was never awaited.
 *   Source   ManualResetValueTaskSourceCore.Reset; semantics MR-2, MR-14, MR-16. Differs from MR-15: trips.
 *   Misuse   RESET_WHILE_AWAITED when it has a waiter or is being completed, UNINITIALISED; nothing changes.
 */
#define asyncx_value_source_reset(value_source) asyncx_value_reset_(&(value_source)->awaitable)

/* Returns the value task of the current version; to be awaited once, before the next reset.
 *
 *   Threads  the source's producer.
 *   Source   ValueTask over an IValueTaskSource; semantics VT-2.
 */
#define asyncx_value_source_task(value_source) asyncx_value_task_of_(&(value_source)->awaitable)

/* Returns the version, an asyncx_token: what .NET's Version is.
 *
 *   Threads  the source's producer.
 */
#define asyncx_value_source_version(value_source) ((value_source)->awaitable.version)

/* The protocol of a versioned source, by token; see asyncx_awaiter_get_status, asyncx_awaiter_on_completed and
 * asyncx_awaiter_get_result. The token is checked before anything else.
 *
 *   Source   semantics MR-3, MR-5 to MR-7, MR-10 to MR-13.
 *   Misuse   STALE_TOKEN (then CANCELED, false, CANCELED), SECOND_CONTINUATION (then false).
 */
#define asyncx_value_source_get_status(value_source, token) \
    asyncx_value_get_status_(&(value_source)->awaitable.awaitable, token)
#define asyncx_value_source_on_completed(value_source, token, continuation, flags) \
    asyncx_awaiter_on_completed(asyncx_awaiter_of(&(value_source)->awaitable.awaitable, token), continuation, flags)
#define asyncx_value_source_get_result(value_source, token) \
    asyncx_value_get_result_(&(value_source)->awaitable.awaitable, token)

/* As asyncx_completion_source_destroy. */
#define asyncx_value_source_destroy(value_source) asyncx_source_destroy_(&(value_source)->awaitable.source)

/* The type of a value task that carries a result: either the result itself or where a versioned source will put it.
 * Await a pointer to one, then ask for asyncx_value_task_result. Name it with a typedef to return it from functions. */
#define ASYNCX_VALUE_TASK(type) struct { asyncx_value_task awaitable; type *from; type result; }

/* Fills a typed value task with a result that is known already.
 *
 *   Threads  the value task's owner.
 *   Source   the constructor of ValueTask<T> that takes a result; semantics VT-2.
 */
#define asyncx_value_task_from_result(value_task, value)                                        \
    ((void)((value_task)->awaitable = asyncx_value_task_from_outcome(ASYNCX_OUTCOME_SUCCEEDED), \
            (value_task)->from = NULL, (value_task)->result = (value)))

/* Fills a typed value task with the current version of a versioned source of the same type.
 *
 *   Threads  the value task's owner, who is the source's producer too.
 *   Source   the constructor of ValueTask<T> that takes an IValueTaskSource<T>; semantics VT-2.
 */
#define asyncx_value_task_from_source(value_task, value_source)                   \
    ((void)((value_task)->awaitable = asyncx_value_source_task(value_source),     \
            (value_task)->from = &(value_source)->result))

/* Returns the result of a typed value task that is complete.
 *
 *   Threads  the value task's owner, once, before the source's next reset.
 *   Source   ValueTask<T>.Result; semantics VT-6.
 *   Misuse   RESULT_BEFORE_COMPLETION, STALE_TOKEN; then what is there.
 */
#define asyncx_value_task_result(value_task)                  \
    (asyncx_value_task_check_(&(value_task)->awaitable),      \
     (value_task)->from ? *(value_task)->from : (value_task)->result)


/* == 13. DIAGNOSTICS ========================================================================== */
/* The async stack trace of a suspended task. Nothing of it exists unless ASYNCX_DIAGNOSTICS is 1. */

#if ASYNCX_DIAGNOSTICS
/* One level of an async stack: a suspended task, and where. */
typedef struct asyncx_stack_frame {
    const asyncx_task *task;
    const char *function;   /* the name in ASYNC(name); NULL for the last level if a plain callback waits for the rest */
    const char *file;       /* of the AWAIT; NULL before the first one */
    const char *operand;    /* the text between its parentheses; NULL before the first one */
    int line;
} asyncx_stack_frame;

/* Visits `task`, then the task that awaits it, and so on up to the outermost one; ends with a level whose function is
 * NULL when that one is awaited by a plain callback.
 *
 *   visit    called once for each level, innermost first.
 *   Returns  the number of levels.
 *   Threads  any, while none of these tasks runs.
 */
static inline size_t asyncx_walk_stack(const asyncx_task *task, void (*visit)(const asyncx_stack_frame *frame, void *context),
                                       void *context)
{
    size_t levels = 0;
    const asyncx_continuation *level = &task->continuation;
    while (level) {
        asyncx_stack_frame frame = {NULL, NULL, NULL, NULL, 0};
        uintptr_t word;
        frame.function = level->function;
        if (level->function) {
            frame.task = (const asyncx_task *)(const void *)level;
            if (level->site) {
                frame.file = level->site->file;
                frame.line = level->site->line;
                frame.operand = level->site->operand;
            }
        }
        visit(&frame, context);
        levels++;
        if (!level->function)
            break;
        word = asyncx_load_(&frame.task->operation.word);
        if (ASYNCX_TAG_OF_(word) == ASYNCX_COMPLETE_ || word == ASYNCX_LAZY_)
            break;
        level = ASYNCX_WAITER_OF_(word);
        while (level && level->next && ASYNCX_TAG_OF_(word) != ASYNCX_PLAIN_)
            level = level->next;   /* the first that registered */
    }
    return levels;
}

#if ASYNCX_HOSTED_
#include <stdio.h>
static inline void asyncx_print_level_(const asyncx_stack_frame *frame, void *file)
{
    if (!frame->function)
        fprintf((FILE *)file, "  awaited by a callback\n");
    else if (!frame->file)
        fprintf((FILE *)file, "  %s, not suspended yet\n", frame->function);
    else
        fprintf((FILE *)file, "  %s at %s:%d, awaiting %s\n", frame->function, frame->file, frame->line, frame->operand);
}

/* Prints the async stack of `task`, innermost first, one line a level.
 *
 *   Threads  any, while none of its tasks runs.
 */
static inline void asyncx_print_stack_(const asyncx_task *task, FILE *file)
{
    (void)asyncx_walk_stack(task, asyncx_print_level_, file);
}
#define asyncx_print_stack(frame, file) asyncx_print_stack_(&(frame)->awaitable.task, file)
#endif
#endif

#if defined(__cplusplus)
}   /* extern "C" */
#endif

/* == 14. DISPATCH ============================================================================= */
/* How AWAIT and asyncx_get_awaiter tell the types of their operands apart, in each language.       */

/* What an AWAIT knows about its operand at compile time, to take it without the protocol. */
enum {
    ASYNCX_KIND_awaiter_ = 1,
    ASYNCX_KIND_configured_,
    ASYNCX_KIND_value_task_,
    ASYNCX_KIND_typed_value_task_,
    ASYNCX_KIND_yield_,
    ASYNCX_KIND_suspend_,
    ASYNCX_KIND_call_,
    ASYNCX_KIND_frame_,
    ASYNCX_KIND_finally_frame_,
    ASYNCX_KIND_completion_,
    ASYNCX_KIND_version_,
    ASYNCX_KIND_awaitable_
};

ASYNCX_ALWAYS_INLINE_ asyncx_outcome asyncx_end_await_(asyncx_task *task, int kind)
{
    switch (kind) {
    case ASYNCX_KIND_yield_:
    case ASYNCX_KIND_suspend_: return ASYNCX_OUTCOME_SUCCEEDED;
    case ASYNCX_KIND_call_:
    case ASYNCX_KIND_frame_:
    case ASYNCX_KIND_finally_frame_: return asyncx_peek_(&ASYNCX_TASK_OF_(task->awaited)->operation.word);
    case ASYNCX_KIND_completion_: return asyncx_peek_(&ASYNCX_SOURCE_OF_(task->awaited)->operation.word);
    case ASYNCX_KIND_version_: return asyncx_end_version_(task);
    case ASYNCX_KIND_value_task_:
    case ASYNCX_KIND_typed_value_task_: return asyncx_end_value_task_(task);
    default: return asyncx_end_general_(task);
    }
}

/* The operand's type picks one function of each of three families: begin an await, name its kind, make its awaiter. */
#define ASYNCX_OPERAND_FUNCTIONS_(kind, type, begin, awaiter_expression)                                             \
    ASYNCX_ALWAYS_INLINE_ asyncx_step asyncx_begin_##kind##_(asyncx_task *task, type operand, asyncx_state state)    \
    {                                                                                                                \
        return begin;                                                                                                \
    }                                                                                                                \
    ASYNCX_ALWAYS_INLINE_ asyncx_awaiter asyncx_awaiter_of_##kind##_(type operand) { return awaiter_expression; }    \
    ASYNCX_OVERLOAD_(kind, type)

#if ASYNCX_OVERLOADS_
#define ASYNCX_OVERLOAD_(kind, type)                                                                                 \
    ASYNCX_ALWAYS_INLINE_ asyncx_step asyncx_begin_(asyncx_task *task, type operand, asyncx_state state)             \
    {                                                                                                                \
        return asyncx_begin_##kind##_(task, operand, state);                                                         \
    }                                                                                                                \
    ASYNCX_ALWAYS_INLINE_ asyncx_awaiter asyncx_make_awaiter_(type operand) { return asyncx_awaiter_of_##kind##_(operand); } \
    char (&asyncx_kind_(type))[ASYNCX_KIND_##kind##_];
#else
#define ASYNCX_OVERLOAD_(kind, type)
#endif

ASYNCX_ALWAYS_INLINE_ asyncx_awaiter asyncx_awaiter_of_object_(void *object, unsigned int kind)
{
    asyncx_awaiter awaiter;
    awaiter.object = (char *)ASYNCX_KNOWN_ALIGNED_(object) + kind;
    awaiter.token = 0;
    return awaiter;
}

static inline asyncx_awaiter asyncx_awaiter_of_call_now_(asyncx_call call)
{
    if (call.state != ASYNCX_STATE_IDLE_)
        asyncx_misuse_(ASYNCX_MISUSE_FRAME_IN_USE, call.task);
    return asyncx_awaiter_of_object_(call.task, ASYNCX_OBJECT_TASK_);
}

ASYNCX_OPERAND_FUNCTIONS_(awaiter, asyncx_awaiter, asyncx_await_awaiter_(task, operand, state), operand)
ASYNCX_OPERAND_FUNCTIONS_(configured, asyncx_configured_awaiter,
                          asyncx_return_(asyncx_wait_for_(task, operand.awaiter, operand.flags, state)),
                          operand.awaiter)
ASYNCX_OPERAND_FUNCTIONS_(value_task, asyncx_value_task, asyncx_await_value_task_(task, operand, state),
                          operand.awaiter)
ASYNCX_OPERAND_FUNCTIONS_(typed_value_task, asyncx_value_task *, asyncx_await_value_task_(task, *operand, state),
                          operand->awaiter)
ASYNCX_OPERAND_FUNCTIONS_(yield, asyncx_yield_awaiter, ((void)operand, asyncx_await_yield_(task, state)),
                          asyncx_awaiter_of(&asyncx_yield_object_, (asyncx_token)operand.unused))
ASYNCX_OPERAND_FUNCTIONS_(suspend, asyncx_suspend_awaiter, ((void)operand, asyncx_await_suspend_(task, state)),
                          asyncx_awaiter_of(&asyncx_yield_object_, (asyncx_token)(operand.unused + 1)))
ASYNCX_OPERAND_FUNCTIONS_(call, asyncx_call, asyncx_await_call_(task, operand, state),
                          asyncx_awaiter_of_call_now_(operand))
ASYNCX_OPERAND_FUNCTIONS_(frame, asyncx_frame_ *,
                          asyncx_return_(asyncx_wait_for_task_(task, &operand->task, ASYNCX_USE_EXECUTOR, state)),
                          asyncx_awaiter_of_object_(operand, ASYNCX_OBJECT_TASK_))
ASYNCX_OPERAND_FUNCTIONS_(finally_frame, asyncx_finally_frame_ *,
                          asyncx_return_(asyncx_wait_for_task_(task, &operand->task, ASYNCX_USE_EXECUTOR, state)),
                          asyncx_awaiter_of_object_(operand, ASYNCX_OBJECT_TASK_))
ASYNCX_OPERAND_FUNCTIONS_(completion, asyncx_completion_core_ *,
                          asyncx_await_operation_(task, &operand->source.operation, state),
                          asyncx_awaiter_of_object_(&operand->source.operation, ASYNCX_OBJECT_SOURCE_))
ASYNCX_OPERAND_FUNCTIONS_(version, asyncx_value_core_ *,
                          asyncx_await_version_(task, operand, operand->version, state),
                          asyncx_awaiter_of(&operand->awaitable, operand->version))
ASYNCX_OPERAND_FUNCTIONS_(awaitable, asyncx_awaitable *,
                          asyncx_await_awaiter_(task, asyncx_awaiter_of(operand, 0), state),
                          asyncx_awaiter_of(operand, 0))

#if ASYNCX_OVERLOADS_
/* A pointer to anything whose first member is called `awaitable`. */
template <typename type>
ASYNCX_ALWAYS_INLINE_ auto asyncx_begin_(asyncx_task *task, type *operand, asyncx_state state)
    -> decltype(asyncx_begin_(task, &operand->awaitable, state))
{
    return asyncx_begin_(task, &operand->awaitable, state);
}
template <typename type>
ASYNCX_ALWAYS_INLINE_ auto asyncx_make_awaiter_(type *operand) -> decltype(asyncx_make_awaiter_(&operand->awaitable))
{
    return asyncx_make_awaiter_(&operand->awaitable);
}
template <typename type> auto asyncx_kind_(type *operand) -> decltype(asyncx_kind_(&operand->awaitable));
#define ASYNCX_BEGIN_AWAIT_(task, x, state) asyncx_begin_(task, x, state)
#define ASYNCX_KIND_OF_(x) ((int)sizeof(asyncx_kind_(x)))
#define ASYNCX_GET_AWAITER_(x) asyncx_make_awaiter_(x)
#elif ASYNCX_GENERIC_
#if !ASYNCX_GNU_
#define ASYNCX_EXTENSION_GENERIC_
#else
#define ASYNCX_EXTENSION_GENERIC_ __extension__
#endif
/* `_Generic` checks the branches it does not take too: those see this type in place of one that is no pointer. */
struct asyncx_by_value_ {
    asyncx_awaitable awaitable;
};
#define ASYNCX_BY_VALUE_(x, by_value, by_pointer)                                                    \
    ASYNCX_EXTENSION_GENERIC_ _Generic((x),                                                          \
        asyncx_awaiter: by_value,                                                                    \
        asyncx_configured_awaiter: by_value,                                                         \
        asyncx_value_task: by_value,                                                                 \
        asyncx_yield_awaiter: by_value,                                                              \
        asyncx_suspend_awaiter: by_value,                                                            \
        asyncx_call: by_value,                                                                       \
        asyncx_awaitable *: by_value,                                                                \
        default: by_pointer)
#define ASYNCX_FIRST_MEMBER_(x) (&ASYNCX_BY_VALUE_(x, (struct asyncx_by_value_ *)NULL, (x))->awaitable)
#define ASYNCX_OPERAND_(x) ASYNCX_BY_VALUE_(x, (x), ASYNCX_FIRST_MEMBER_(x))
#define ASYNCX_SELECT_(x, prefix)                                                                    \
    ASYNCX_EXTENSION_GENERIC_ _Generic((x),                                                          \
        asyncx_awaiter: prefix##awaiter_,                                                            \
        asyncx_configured_awaiter: prefix##configured_,                                              \
        asyncx_value_task: prefix##value_task_,                                                      \
        asyncx_yield_awaiter: prefix##yield_,                                                        \
        asyncx_suspend_awaiter: prefix##suspend_,                                                    \
        asyncx_call: prefix##call_,                                                                  \
        asyncx_awaitable *: prefix##awaitable_,                                                      \
        default: ASYNCX_EXTENSION_GENERIC_ _Generic(ASYNCX_FIRST_MEMBER_(x),                         \
            asyncx_value_task *: prefix##typed_value_task_,                                          \
            asyncx_frame_ *: prefix##frame_,                                                         \
            asyncx_finally_frame_ *: prefix##finally_frame_,                                         \
            asyncx_completion_core_ *: prefix##completion_,                                          \
            asyncx_value_core_ *: prefix##version_,                                                  \
            asyncx_awaitable *: prefix##awaitable_))
#define ASYNCX_BEGIN_AWAIT_(task, x, state) ASYNCX_SELECT_(x, asyncx_begin_)(task, ASYNCX_OPERAND_(x), state)
#define ASYNCX_KIND_OF_(x) ASYNCX_SELECT_(x, ASYNCX_KIND_)
#define ASYNCX_GET_AWAITER_(x) ASYNCX_SELECT_(x, asyncx_awaiter_of_)(ASYNCX_OPERAND_(x))
#else
/* ISO C99 cannot tell types apart: every operand is an asyncx_awaiter, made by a getter. */
#define ASYNCX_BEGIN_AWAIT_(task, x, state) asyncx_await_awaiter_(task, x, state)
#define ASYNCX_KIND_OF_(x) ASYNCX_KIND_awaiter_
#define ASYNCX_GET_AWAITER_(x) (x)
#endif

/* The getters, for ISO C99, where AWAIT takes nothing but an asyncx_awaiter. */
#define asyncx_call_awaiter(call) asyncx_awaiter_of_call_(call)
#define asyncx_frame_awaiter(frame) asyncx_awaiter_of_object_(&(frame)->awaitable.task, ASYNCX_OBJECT_TASK_)
#define asyncx_completion_source_awaiter(completion_source) \
    asyncx_awaiter_of_completion_(&(completion_source)->awaitable)
#define asyncx_value_source_awaiter(value_source) asyncx_awaiter_of_version_(&(value_source)->awaitable)
#define asyncx_value_task_awaiter(value_task) asyncx_awaiter_of_value_task_(value_task)

#ifndef ASYNCX_NO_SHORT_NAMES
#define ASYNC_FRAME ASYNCX_FRAME
#define ASYNC_FRAME_FINALLY ASYNCX_FRAME_FINALLY
#define ASYNC_DECLARE ASYNCX_DECLARE
#define ASYNC ASYNCX_ASYNC
#define ASYNC_BEGIN ASYNCX_BEGIN
#define ASYNC_END ASYNCX_END
#define ASYNC_CALL ASYNCX_CALL
#define ASYNC_RETURN ASYNCX_RETURN
#define ASYNC_FAIL ASYNCX_FAIL
#define ASYNC_CANCEL ASYNCX_CANCEL
#define ASYNC_FINALLY ASYNCX_FINALLY
#define AWAIT ASYNCX_AWAIT
#define AWAIT_STATUS ASYNCX_AWAIT_STATUS
#define AWAIT_UNTIL ASYNCX_AWAIT_UNTIL
#endif

#endif

/* Copyright (c) 2026 the asyncx authors
 *
 * Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
 * documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
 * rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
 * persons to whom the Software is furnished to do so, subject to the following conditions:
 *
 * The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
 * Software.
 *
 * THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
 * WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
 * COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
 * OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE. */

/*
 * The pool of threads. One task at a time: a caller that finds the pool taken does its work alone.
 *
 * `ticket` holds the number of the task (upper half) and the next part to take (lower half). A thread
 * takes a part by counting the ticket up; that this succeeds says that the task it read is still the
 * one at hand, for the next cannot begin before all parts are done. So threads that wake up late find
 * nothing, and nobody waits for them. Waiting threads look again for some microseconds, then sleep.
 */
#include "threads.h"

#if defined(__wasm__) && !defined(__wasm_atomics__)

/* WebAssembly without shared memory has the caller alone. */
void saiki_parallel(__PTRDIFF_TYPE__ parts, task_function *task, const void *context, float *scratch) {
  for (__PTRDIFF_TYPE__ part = 0; part < parts; part++) task(context, part, scratch);
}
void saiki_wait_for(const unsigned *at, unsigned least) { (void)at, (void)least; }
int saiki_threads(void) { return 1; }

#else

typedef unsigned word;
typedef unsigned long long wide;

#define LOAD(x) __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define STORE_TO(x, value) __atomic_store_n(&(x), value, __ATOMIC_SEQ_CST)
#define COUNT_UP(x) __atomic_add_fetch(&(x), 1, __ATOMIC_SEQ_CST)

static struct {
  int threads; /* 0: not yet set, which is 1 */
  word started; /* workers */
  int busy;
  wide ticket;
  word parts, done, awaited; /* whether the caller sleeps on `done` */
  int limit;                 /* threads that may take part in the task */
  word tasks, sleeping;      /* begun so far; workers that sleep on that */
  task_function *task;
  const void *context;
} pool;

/* ---- waiting: sleep_on returns when it is waked and *at is not `value` ------------------------- */

#if defined(__wasm__)

static void sleep_on(word *at, word value) { __builtin_wasm_memory_atomic_wait32((int *)at, (int)value, -1); }
static void wake(word *at) { __builtin_wasm_memory_atomic_notify((int *)at, ~0u); }
static void pause(void) {}
static void give_way(void) { /* 20 µs on a word that nobody changes */
  static int never;
  __builtin_wasm_memory_atomic_wait32(&never, 0, 20000);
}
/* Workers are started from outside: each calls saiki_work, with a scratch of so many bytes. */
static void start_workers(void) {}
int saiki_scratch_bytes(void) { return 4 * SCRATCH_FLOATS; }
enum { SPINS = 2000 };

#else

#include <pthread.h>
#include <sched.h>
#include <signal.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void sleep_on(word *at, word value) {
  pthread_mutex_lock(&lock);
  while (LOAD(*at) == value) pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
}
static void give_way(void) { sched_yield(); }
static void wake(word *at) {
  (void)at;
  pthread_mutex_lock(&lock);
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}
#if defined(__x86_64__)
static void pause(void) { __builtin_ia32_pause(); }
enum { SPINS = 500 }; /* of about 40 ns */
#else
static void pause(void) { __asm__ volatile("yield"); }
enum { SPINS = 10000 };
#endif

#endif

/* ---- tasks ----------------------------------------------------------------------------------- */

/* Thread 0 is the caller, 1 the first worker. */
static void take_parts(int thread, float *scratch) {
  for (;;) {
    wide ticket = LOAD(pool.ticket);
    if (thread >= __atomic_load_n(&pool.limit, __ATOMIC_RELAXED)) return;
    task_function *task = __atomic_load_n(&pool.task, __ATOMIC_RELAXED);
    const void *context = __atomic_load_n(&pool.context, __ATOMIC_RELAXED);
    const word part = (word)ticket, parts = __atomic_load_n(&pool.parts, __ATOMIC_RELAXED);
    if (part >= parts) return;
    if (!__atomic_compare_exchange_n(&pool.ticket, &ticket, ticket + 1, 0, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST))
      continue;
    task(context, part, scratch);
    if (COUNT_UP(pool.done) == parts && LOAD(pool.awaited)) wake(&pool.done);
  }
}

/* A worker's life. Number 0 is the first beside the caller. */
void saiki_work(int number, float *scratch) {
  word seen = 0;
  for (;;) {
    for (int i = 0; i < SPINS && LOAD(pool.tasks) == seen; i++) pause();
    if (LOAD(pool.tasks) == seen) {
      COUNT_UP(pool.sleeping);
      sleep_on(&pool.tasks, seen);
      __atomic_sub_fetch(&pool.sleeping, 1, __ATOMIC_SEQ_CST);
    }
    seen = LOAD(pool.tasks);
    take_parts(number + 1, scratch);
  }
}

#if !defined(__wasm__)
static void *worker(void *number) {
  static _Thread_local float scratch[SCRATCH_FLOATS] __attribute__((aligned(64)));
  saiki_work((int)(__INTPTR_TYPE__)number, scratch);
  return 0;
}

/* With signals left to the threads that expect them. A thread that the system refuses is done without. */
static void start_workers(void) {
  sigset_t all, old;
  if (LOAD(pool.started) + 1 >= (word)LOAD(pool.threads)) return;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  while (pool.started + 1 < (word)LOAD(pool.threads)) {
    pthread_t thread;
    if (pthread_create(&thread, 0, worker, (void *)(__INTPTR_TYPE__)pool.started) != 0) break;
    pthread_detach(thread);
    pool.started++;
  }
  pthread_sigmask(SIG_SETMASK, &old, 0);
}
#endif

void saiki_parallel(__PTRDIFF_TYPE__ parts, task_function *task, const void *context, float *scratch) {
  if (parts < 2 || LOAD(pool.threads) < 2 || __atomic_exchange_n(&pool.busy, 1, __ATOMIC_SEQ_CST)) {
    for (__PTRDIFF_TYPE__ part = 0; part < parts; part++) task(context, part, scratch);
    return;
  }
  start_workers();
  /* No part of the task before is left, so no thread uses what is written here; one that still
     reads it fails to count the ticket up. */
  const word number = LOAD(pool.tasks) + 1;
  STORE_TO(pool.parts, 0u);
  __atomic_store_n(&pool.limit, pool.threads, __ATOMIC_RELAXED);
  __atomic_store_n(&pool.task, task, __ATOMIC_RELAXED);
  __atomic_store_n(&pool.context, context, __ATOMIC_RELAXED);
  STORE_TO(pool.done, 0u);
  STORE_TO(pool.ticket, (wide)number << 32);
  STORE_TO(pool.parts, (word)parts);
  STORE_TO(pool.tasks, number);
  if (LOAD(pool.sleeping)) wake(&pool.tasks);
  take_parts(0, scratch);
  for (int i = 0; i < SPINS && LOAD(pool.done) != (word)parts; i++) pause();
  if (LOAD(pool.done) != (word)parts) {
    STORE_TO(pool.awaited, 1u);
    for (word done; (done = LOAD(pool.done)) != (word)parts;) sleep_on(&pool.done, done);
    STORE_TO(pool.awaited, 0u);
  }
  STORE_TO(pool.busy, 0);
}

void saiki_wait_for(const unsigned *at, unsigned least) {
  for (int i = 0; (int)(LOAD(*at) - least) < 0; i++)
    if (i < SPINS) pause();
    else give_way();
}

int saiki_threads(void) { return LOAD(pool.threads) ? LOAD(pool.threads) : 1; }
void saiki_set_threads(int threads) { STORE_TO(pool.threads, threads); }

#endif

/*
 * Work on several threads. A task has parts; any thread may take any part, and the caller takes part
 * itself, so that a pool that is busy, asleep or absent costs time but changes nothing: what a part
 * computes depends on its number alone.
 */
#ifndef SAIKI_THREADS_H
#define SAIKI_THREADS_H

/* What a thread may work in, at 64 bytes: room for the packed blocks of a product (gemm.c). */
enum { SCRATCH_FLOATS = 512 * (960 + 192) };

typedef void task_function(const void *context, __PTRDIFF_TYPE__ part, float *scratch);

/* Runs all parts; `scratch` is the caller's own. */
void saiki_parallel(__PTRDIFF_TYPE__ parts, task_function *task, const void *context, float *scratch);
/* Returns when *at, which other parts that have begun count up, has reached `least`. */
void saiki_wait_for(const unsigned *at, unsigned least);
/* Threads that may take part, the caller among them. */
int saiki_threads(void);
void saiki_set_threads(int threads);

#endif

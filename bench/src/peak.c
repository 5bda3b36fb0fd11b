/*
 * The machine's peaks: fused multiply-adds in registers, and a triad over memory. Answers lines
 * {"do":"fma","threads":2} with {"gflops":...}, and "triad" with {"gbps":...}.
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
enum { SUMS = 12, ROUNDS = 4096, MOST_THREADS = 256, ELEMENTS = 256 << 20 >> 2 };
typedef float vec __attribute__((vector_size(4 * LANES)));

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static volatile vec sink;

#define EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11)
#define BEGIN(i) vec s##i = {i};
#define FMA(i) s##i = s##i * a + b;
#define KEEP(i) sink = s##i;

/* SUMS independent sums, so that the multiply-adds of a cycle are the only limit; 20 ms of them. */
static void *fma_loop(void *flops) {
  vec a = {0}, b = {0};
  a += 0.5f, b += 0.25f;
  EACH(BEGIN)
  double done = 0;
  for (double end = now() + 0.02; now() < end; done += 2.0 * LANES * SUMS * ROUNDS)
    for (int r = 0; r < ROUNDS; r++) {
      EACH(FMA)
    }
  EACH(KEEP)
  *(double *)flops = done;
  return NULL;
}

static float *x, *y, *z;
typedef struct { long from, to; } part;

static void *triad_loop(void *p) {
  for (long i = ((part *)p)->from; i < ((part *)p)->to; i++) x[i] = y[i] + 3 * z[i];
  return NULL;
}

static double in_threads(int threads, void *(*loop)(void *), void *args, size_t size) {
  pthread_t ids[MOST_THREADS];
  double start = now();
  for (int t = 0; t < threads; t++) pthread_create(&ids[t], NULL, loop, (char *)args + t * size);
  for (int t = 0; t < threads; t++) pthread_join(ids[t], NULL);
  return now() - start;
}

static double fma_gflops(int threads) {
  double flops[MOST_THREADS], sum = 0;
  double seconds = in_threads(threads, fma_loop, flops, sizeof *flops);
  for (int t = 0; t < threads; t++) sum += flops[t];
  return sum / seconds / 1e9;
}

/* The best of ten passes over three arrays of 256 MiB together. */
static double triad_gbps(int threads) {
  long n = ELEMENTS / 3;
  part parts[MOST_THREADS];
  x = malloc(4 * n), y = malloc(4 * n), z = malloc(4 * n);
  memset(x, 0, 4 * n), memset(y, 0, 4 * n), memset(z, 0, 4 * n);
  for (int t = 0; t < threads; t++) parts[t] = (part){n * t / threads, n * (t + 1) / threads};
  double best = 1e9;
  for (int i = 0; i < 10; i++) {
    double seconds = in_threads(threads, triad_loop, parts, sizeof *parts);
    if (seconds < best) best = seconds;
  }
  free(x), free(y), free(z);
  return 12.0 * n / best / 1e9;
}

int main(void) {
  char line[256];
  int threads;
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "{\"do\":\"fma\",\"threads\":%d", &threads) == 1 && threads <= MOST_THREADS)
      printf("{\"gflops\":%.3f}\n", fma_gflops(threads));
    else if (sscanf(line, "{\"do\":\"triad\",\"threads\":%d", &threads) == 1 && threads <= MOST_THREADS)
      printf("{\"gbps\":%.3f}\n", triad_gbps(threads));
    else
      puts("{}");
    fflush(stdout);
  }
}

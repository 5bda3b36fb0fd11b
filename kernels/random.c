/* PyTorch's random stream in bulk, bit for bit (its AVX2 rules: fused multiply-adds). */
#include "saiki_kernels.h"
#include "simd.h"

#define WORDS 624
#define SHIFT 397

static void twist(uint32_t *w) {
  for (int i = 0; i < WORDS; i++) {
    uint32_t y = (w[i] & 0x80000000u) | (w[(i + 1) % WORDS] & 0x7fffffffu);
    w[i] = w[(i + SHIFT) % WORDS] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0u);
  }
  w[WORDS] = 0;
}

INLINE uint32_t next(uint32_t *state) {
  if (state[WORDS] >= WORDS) twist(state);
  uint32_t y = state[state[WORDS]++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

INLINE float uniform24(uint32_t *state) { return (float)(next(state) & 0xffffffu) * 0x1p-24f; }

void saiki_mt_fill(uint32_t *state, uint32_t *out, int n) {
  for (int i = 0; i < n; i++) out[i] = next(state);
}

void saiki_uniform_fill(uint32_t *state, float *out, int n, float from, float width) {
  for (int i = 0; i < n; i++) out[i] = fma_exact(uniform24(state), width, from);
}

void saiki_bernoulli_mask(uint32_t *state, float *out, int n, double p, float scale) {
  for (int i = 0; i < n; i++) {
    uint64_t high = next(state), low = next(state);
    double u = (double)(((high << 32) | low) & 0x1fffffffffffffull) * 0x1p-53;
    out[i] = u < p ? scale : 0.0f;
  }
}

/* ln x for x in (0, 1], with the roundings of PyTorch's vector code. */
static float box_log(float x) {
  static const float c[9] = {7.0376836292e-2f,  -1.1514610310e-1f, 1.1676998740e-1f,
                             -1.2420140846e-1f, 1.4249322787e-1f,  -1.6668057665e-1f,
                             2.0000714765e-1f,  -2.4999993993e-1f, 3.3333331174e-1f};
  union { float f; uint32_t u; } v = {x < 0x1p-126f ? 0x1p-126f : x};
  float e = (float)((int)(v.u >> 23) - 127 + 1);
  v.u = (v.u & 0x807fffffu) | 0x3f000000u;
  float m = v.f;
  if (m < 0.707106781186547524f) {
    e -= 1.0f;
    x = (m - 1.0f) + m;
  } else {
    x = m - 1.0f;
  }
  float z = x * x, y = c[0];
  for (int k = 1; k < 9; k++) y = fma_exact(y, x, c[k]);
  y = y * x;
  y = fma_exact(y, z, e * -2.12194440e-4f);
  y = fma_exact(-z, 0.5f, y);
  x = x + y;
  return fma_exact(e, 0.693359375f, x);
}

/* sin t and cos t for t in [0, 2π), likewise. */
static void box_sincos(float t, float *sin, float *cos) {
  int j = (int)(t * 1.27323954473516f);
  j = (j + 1) & ~1;
  float y = (float)j;
  float x = fma_exact(y, -0.78515625f, t);
  x = fma_exact(y, -2.4187564849853515625e-4f, x);
  x = fma_exact(y, -3.77489497744594108e-8f, x);
  float z = x * x;
  float c = fma_exact(2.443315711809948e-5f, z, -1.388731625493765e-3f);
  c = fma_exact(c, z, 4.166664568298827e-2f);
  c = c * z;
  c = fma_exact(c, z, -(z * 0.5f));
  c = c + 1.0f;
  float s = fma_exact(-1.9515295891e-4f, z, 8.3321608736e-3f);
  s = fma_exact(s, z, -1.6666654611e-1f);
  s = s * z;
  s = fma_exact(s, x, x);
  float a = j & 2 ? c : s, b = j & 2 ? s : c;
  *sin = j & 4 ? -a : a;
  *cos = (j - 2) & 4 ? b : -b;
}

/* Eight pairs of uniform numbers, 8 apart, become eight pairs of normal ones (Box and Muller). */
static void normal_block(float *d, float mean, float std) {
  for (int j = 0; j < 8; j++) {
    float r = __builtin_sqrtf(-2.0f * box_log(1.0f - d[j])), s, c;
    box_sincos(6.2831854820251465f * d[j + 8], &s, &c);
    d[j] = fma_exact(r * c, std, mean);
    d[j + 8] = fma_exact(r * s, std, mean);
  }
}

void saiki_normal_fill(uint32_t *state, float *out, int n, float mean, float std) {
  for (int i = 0; i < n; i++) out[i] = uniform24(state);
  for (int i = 0; i + 16 <= n; i += 16) normal_block(out + i, mean, std);
  if (n % 16) {
    float *last = out + n - 16;
    for (int i = 0; i < 16; i++) last[i] = uniform24(state);
    normal_block(last, mean, std);
  }
}

/* PyTorch's random stream in bulk, bit for bit (its AVX2 rules: fused multiply-adds). */

/* ---- Mersenne Twister ------------------------------------------------------------------------ */

enum { WORDS = 624, SHIFT = 397 };
typedef unsigned vu_unaligned __attribute__((vector_size(4 * VW), aligned(4)));
INLINE vu uload(const unsigned *p) { return *(const vu_unaligned *)p; }
INLINE void ustore(unsigned *p, vu x) { *(vu_unaligned *)p = x; }

/* The top bit of a before the other bits of b, times the twister's matrix; scalars and vectors. */
#define MIX(a, b) \
  (((((a) & 0x80000000u) | ((b) & 0x7fffffffu)) >> 1) ^ (-((b) & 1u) & 0x9908b0dfu))

static void twist(unsigned *w) {
  idx j = 0;
  for (; j + VW <= WORDS - SHIFT; j += VW)
    ustore(w + j, uload(w + j + SHIFT) ^ MIX(uload(w + j), uload(w + j + 1)));
  for (; j < WORDS - SHIFT; j++) w[j] = w[j + SHIFT] ^ MIX(w[j], w[j + 1]);
  for (; j + VW <= WORDS - 1; j += VW)
    ustore(w + j, uload(w + j - (WORDS - SHIFT)) ^ MIX(uload(w + j), uload(w + j + 1)));
  for (; j < WORDS; j++) w[j] = w[j - (WORDS - SHIFT)] ^ MIX(w[j], w[j + 1 < WORDS ? j + 1 : 0]);
  w[WORDS] = 0;
}

#define TEMPER(y)                \
  y ^= y >> 11;                  \
  y ^= (y << 7) & 0x9d2c5680u;   \
  y ^= (y << 15) & 0xefc60000u;  \
  y ^= y >> 18;

EXPORT void saiki_mt_fill(unsigned *state, unsigned *out, idx n) {
  while (n > 0) {
    if (state[WORDS] >= WORDS) twist(state);
    const unsigned *w = state + state[WORDS];
    const idx count = min_idx(n, WORDS - state[WORDS]);
    idx i = 0;
    for (; i + VW <= count; i += VW) {
      vu y = uload(w + i);
      TEMPER(y)
      ustore(out + i, y);
    }
    for (; i < count; i++) {
      unsigned y = w[i];
      TEMPER(y)
      out[i] = y;
    }
    state[WORDS] += (unsigned)count;
    out += count;
    n -= count;
  }
}

/* ---- uniform and Bernoulli ------------------------------------------------------------------- */

enum { DRAWS = 512 }; /* at a time */

EXPORT void saiki_uniform_fill(unsigned *state, float *out, idx n, float from, float width) {
  unsigned raw[DRAWS + VW];
  for (idx start = 0; start < n; start += DRAWS) {
    const idx count = min_idx(n - start, DRAWS);
    saiki_mt_fill(state, raw, count);
    for (idx i = 0; i < count; i += VW) {
      const vf u = __builtin_convertvector((vi)(uload(raw + i) & 0xffffffu), vf) * 0x1p-24f;
      vstore_part(out + start + i, count - i, vfma_exact(u, vset(width), vset(from)));
    }
  }
}

/* u < p for u = (21 bits, then 32) / 2^53, as a comparison of integers. */
EXPORT void saiki_bernoulli_mask(unsigned *state, float *out, idx n, double p, float scale) {
  unsigned raw[DRAWS];
  const double scaled = p > 0 ? (p < 1 ? p : 1) * 0x1p53 : 0;
  unsigned long long limit = (unsigned long long)scaled;
  if ((double)limit < scaled) limit++;
  for (idx start = 0; start < n; start += DRAWS / 2) {
    const idx count = min_idx(n - start, DRAWS / 2);
    saiki_mt_fill(state, raw, 2 * count);
    for (idx i = 0; i < count; i++) {
      const unsigned long long high = raw[2 * i] & 0x1fffffu;
      out[start + i] = (high << 32 | raw[2 * i + 1]) < limit ? scale : 0;
    }
  }
}

/* ---- normal: Box and Muller in blocks of 16 -------------------------------------------------- */

/* ln x for x in (0, 1], by Cephes' polynomial, fused where PyTorch's compiler fused it. */
INLINE vf box_log(vf x) {
  const vf z = vmax(x, vset(0x1p-126f));
  vf e = __builtin_convertvector(((vi)z >> 23) - 126, vf);
  const vf m = (vf)(((vi)z & ~0x7f800000) | 0x3f000000); /* x = m · 2^e, m in [½, 1) */
  const vi low = m < 0.707106781186547524f;
  e = vselect(low, e - 1.0f, e);
  const vf r = vselect(low, (m - 1.0f) + m, m - 1.0f), rr = r * r;
  vf y = vset(7.0376836292e-2f);
  y = vfma_exact(y, r, vset(-1.1514610310e-1f));
  y = vfma_exact(y, r, vset(1.1676998740e-1f));
  y = vfma_exact(y, r, vset(-1.2420140846e-1f));
  y = vfma_exact(y, r, vset(1.4249322787e-1f));
  y = vfma_exact(y, r, vset(-1.6668057665e-1f));
  y = vfma_exact(y, r, vset(2.0000714765e-1f));
  y = vfma_exact(y, r, vset(-2.4999993993e-1f));
  y = vfma_exact(y, r, vset(3.3333331174e-1f));
  y = vfma_exact(y * r, rr, e * LN2_LOW);
  y = vfma_exact(-rr, vset(0.5f), y);
  return vfma_exact(e, vset(LN2_HIGH), r + y);
}

/* sin t and cos t for t in [0, 2π), likewise. */
INLINE void box_sincos(vf t, vf *sin, vf *cos) {
  const vi j = (__builtin_convertvector(t * 1.27323954473516f, vi) + 1) & ~1;
  const vf y = __builtin_convertvector(j, vf);
  vf x = vfma_exact(y, vset(-0.78515625f), t);
  x = vfma_exact(y, vset(-2.4187564849853515625e-4f), x);
  x = vfma_exact(y, vset(-3.77489497744594108e-8f), x);
  const vf z = x * x;
  vf c = vfma_exact(vset(2.443315711809948e-5f), z, vset(-1.388731625493765e-3f));
  c = vfma_exact(c, z, vset(4.166664568298827e-2f));
  c = vfma_exact(c * z, z, -(z * 0.5f)) + 1.0f;
  vf s = vfma_exact(vset(-1.9515295891e-4f), z, vset(8.3321608736e-3f));
  s = vfma_exact(s, z, vset(-1.6666654611e-1f));
  s = vfma_exact(s * z, x, x);
  const vi swap = (j & 2) != 0;
  *sin = (vf)((vi)vselect(swap, c, s) ^ ((j & 4) << 29));
  *cos = (vf)((vi)vselect(swap, s, c) ^ ((~(j - 2) & 4) << 29));
}

/* Uniform numbers 8 apart make two normal ones. */
static void box_muller(float *block, float mean, float std) {
  for (idx j = 0; j < 8; j += VW) {
    vf sin, cos;
    const vf u = 1.0f - vload_part(block + j, 8 - j);
    const vf radius = vsqrt(-2.0f * box_log(u));
    box_sincos(6.2831854820251465f * vload_part(block + j + 8, 8 - j), &sin, &cos);
    vstore_part(block + j, 8 - j, vfma_exact(radius * cos, vset(std), vset(mean)));
    vstore_part(block + j + 8, 8 - j, vfma_exact(radius * sin, vset(std), vset(mean)));
  }
}

EXPORT void saiki_normal_fill(unsigned *state, float *out, idx n, float mean, float std) {
  saiki_uniform_fill(state, out, n, 0, 1);
  for (idx i = 0; i + 16 <= n; i += 16) box_muller(out + i, mean, std);
  if (n % 16 != 0) {
    saiki_uniform_fill(state, out + n - 16, 16, 0, 1);
    box_muller(out + n - 16, mean, std);
  }
}

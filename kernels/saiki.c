/* The one translation unit: what a file defines is visible in those below it. */
#include "saiki_kernels.h"
#include "simd.h"
#include "threads.h"
#if defined(__wasm__)
#include "threads.c" /* native code has it once beside one unit for each instruction set */
#endif

#include "elementwise.c"
#include "gemm.c"
#include "walk.c"
#include "sequence.c"
#include "recurrent.c"
#include "session.c"
#include "rows.c"
#include "linear_cross_entropy.c"
#include "embedding.c"
#include "optim.c"
#include "random.c"

#if defined(SAIKI_TABLE)
#define ENTRY(name) .name = saiki_##name,
extern const saiki_kernels SAIKI_TABLE;
const saiki_kernels SAIKI_TABLE = {SAIKI_ENTRIES(ENTRY)};
#endif

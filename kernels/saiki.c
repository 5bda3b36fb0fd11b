/* The one translation unit: what a file defines is visible in those below it. */
#include "saiki_kernels.h"
#include "simd.h"

#include "elementwise.c"
#include "gemm.c"
#include "sequence.c"
#include "recurrent.c"
#include "rows.c"
#include "linear_cross_entropy.c"
#include "embedding.c"
#include "optim.c"
#include "random.c"

/* The one translation unit: everything static is visible to everything below it. */
#include "saiki_kernels.h"
#include "simd.h"

#include "gemm.c"

/*
 * Reading the arguments of a call from JavaScript: whole numbers, and typed arrays of the right kind with
 * at least the elements that a kernel touches. What is wrong is told to `fail`, which throws.
 */
#ifndef SAIKI_NODE_ARGUMENTS_H
#define SAIKI_NODE_ARGUMENTS_H

#include <limits.h>
#include <node_api.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include "saiki_kernels.h"

/* What an environment (a thread of JavaScript) has of its own. */
typedef struct {
  const saiki_kernels *kernels;
  napi_ref fail; /* (message) => throws */
  void *workspace;
  size_t bytes;
} environment;

enum { MOST = 48 };
typedef struct {
  napi_env env;
  environment *own;
  const saiki_kernels *kernels;
  const char *entry;
  napi_value values[MOST];
  size_t count;
  int next, failed;
} args;

static void fail(args *a, const char *format, ...) {
  if (a->failed) return;
  a->failed = 1;
  char text[256];
  int n = snprintf(text, sizeof text, "%s, argument %d: ", a->entry, a->next);
  va_list rest;
  va_start(rest, format);
  vsnprintf(text + n, sizeof text - (size_t)n, format, rest);
  va_end(rest);
  napi_value message, function, undefined;
  napi_create_string_utf8(a->env, text, NAPI_AUTO_LENGTH, &message);
  napi_get_reference_value(a->env, a->own->fail, &function);
  napi_get_undefined(a->env, &undefined);
  napi_call_function(a->env, undefined, function, 1, &message, 0);
}

static args read_args(napi_env env, napi_callback_info info, const char *entry) {
  args a = {.env = env, .entry = entry, .count = MOST};
  napi_get_cb_info(env, info, &a.count, a.values, 0, 0);
  napi_get_instance_data(env, (void **)&a.own);
  a.kernels = a.own->kernels;
  return a;
}

static napi_value next_value(args *a) { return a->values[a->next++]; }

static double number(args *a) {
  double x = 0;
  if (napi_get_value_double(a->env, next_value(a), &x) != napi_ok) fail(a, "a number is needed");
  return x;
}

static idx integer(args *a, double least) {
  const double x = number(a);
  if (!(x >= least && x <= INT_MAX) || x != (double)(idx)x) {
    fail(a, "a whole number from %.0f to 2^31 − 1 is needed, got %g", least, x);
    return 0;
  }
  return (idx)x;
}
static idx size(args *a) { return integer(a, 0); }

static int boolean(args *a) {
  bool x = false;
  if (napi_get_value_bool(a->env, next_value(a), &x) != napi_ok) fail(a, "true or false is needed");
  return x;
}

/* Elements of a buffer; sizes are below 2^31, so only a third factor can overflow. */
static idx times(args *a, idx x, idx y) {
  idx n;
  if (__builtin_mul_overflow(x, y, &n) || n > (idx)1 << 48) {
    fail(a, "sizes are too large");
    return 0;
  }
  return n;
}
static idx max_size(idx x, idx y) { return x > y ? x : y; }
/* From the first element to the last of rows that lie `ld` apart. */
static idx span(args *a, idx rows, idx cols, idx ld) {
  if (rows == 0 || cols == 0) return 0;
  if (ld < cols && rows > 1) fail(a, "rows of %td elements lie %td apart", cols, ld);
  return times(a, rows - 1, ld) + cols;
}

static void *array(args *a, napi_typedarray_type wanted, const char *name, idx least, int optional) {
  const napi_value value = next_value(a);
  napi_typedarray_type type;
  size_t length;
  void *data = 0;
  if (a->failed) return 0;
  if (napi_get_typedarray_info(a->env, value, &type, &length, &data, 0, 0) != napi_ok) {
    napi_valuetype kind = napi_undefined;
    napi_typeof(a->env, value, &kind);
    if (!optional || kind != napi_null) fail(a, "a %s%s is needed", name, optional ? " or null" : "");
    return 0;
  }
  if (type != wanted) fail(a, "a %s is needed, got another kind of array", name);
  else if ((idx)length < least) fail(a, "%td elements are needed, the array has %zu", least, length);
  else if ((uintptr_t)data % 4 != 0) fail(a, "the array is not aligned to its elements");
  static double empty; /* an array without elements may have no address, which would mean null */
  return data ? data : &empty;
}
static float *reals(args *a, idx least) { return array(a, napi_float32_array, "Float32Array", least, 0); }
static float *maybe(args *a, idx least) { return array(a, napi_float32_array, "Float32Array", least, 1); }
static int *words(args *a, idx least) { return array(a, napi_int32_array, "Int32Array", least, 0); }
static unsigned *draws(args *a, idx least) { return array(a, napi_uint32_array, "Uint32Array", least, 0); }

/* Classes or rows of a table: each below `end`, or the one that stands for none. */
static int *indices(args *a, idx n, idx end, double none) {
  int *at = words(a, n);
  for (idx i = 0; at && !a->failed && i < n; i++)
    if ((at[i] < 0 || at[i] >= end) && at[i] != none) fail(a, "index %d is not below %td", at[i], end);
  return at;
}

/* Memory for a kernel; it stays for the next call. */
static void *workspace(args *a, idx bytes) {
  if (a->failed) return 0;
  if ((size_t)bytes > a->own->bytes) {
    free(a->own->workspace);
    a->own->workspace = malloc((size_t)bytes);
    a->own->bytes = a->own->workspace ? (size_t)bytes : 0;
    if (!a->own->workspace) fail(a, "the system has no %td MiB to work in", bytes >> 20);
  }
  return a->own->workspace;
}

#endif

/** Modules without initial values. */

let skipping = false;

/** Whether {@link skipInit} is running. */
export function isSkippingInit(): boolean {
  return skipping;
}

/**
 * Makes a module without initial values: meanwhile `nn.init` and the layers neither draw nor write.
 * Its parameters are unspecified (zeros, in fact) until they are loaded.
 *
 * @see torch.nn.utils.skip_init
 * @example
 * const layer = nn.utils.skipInit(() => new nn.Linear(2, 1));
 * layer.loadStateDict({ weight: torch.ones(1, 2), bias: torch.zeros(1) }, { assign: true });
 * console.log(layer.forward(torch.ones(2)).tolist()); // [ 2 ]
 */
export function skipInit<M>(make: () => M): M {
  const outside = skipping;
  skipping = true;
  try {
    return make();
  } finally {
    skipping = outside;
  }
}

/** Parameters as one vector. */

import { cat, noGrad, type Tensor } from "../../tensor/index.ts";

/** All parameters, flattened, in one vector. @see torch.nn.utils.parameters_to_vector */
export function parametersToVector(params: Iterable<Tensor>): Tensor {
  return cat([...params].map((p) => p.reshape(-1)));
}

/**
 * Writes a vector made by {@link parametersToVector} back.
 *
 * @throws IndexError when the vector is too short
 * @see torch.nn.utils.vector_to_parameters
 */
export function vectorToParameters(vector: Tensor, params: Iterable<Tensor>): void {
  let start = 0;
  for (const p of params) {
    const piece = vector.narrow(0, start, p.numel());
    noGrad(() => p.copy_(piece.reshape(...p.impl.shape)));
    start += p.numel();
  }
}

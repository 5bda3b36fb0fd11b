/** Named tensors as bytes: state dicts in safetensors files. */

import { wrap } from "../tensor/creation.ts";
import type { Tensor } from "../tensor/index.ts";
import { elementTypeOf, layouts } from "./element-types.ts";
import {
  type ArrayRecord,
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsFile,
} from "./safetensors.ts";

/**
 * A safetensors file of named tensors; equal tensors give equal bytes.
 *
 * @param metadata texts by name; PyTorch's libraries expect `{ format: "pt" }`, the default
 * @throws FormatError when a name cannot be written
 * @see safetensors.torch.save
 * @example
 * import { loadTensors, saveTensors } from "saiki/io";
 * const bytes = saveTensors(new nn.Linear(2, 1).stateDict());
 * console.log(Object.keys(loadTensors(bytes))); // [ 'bias', 'weight' ]
 */
export function saveTensors(
  tensors: Readonly<Record<string, Tensor>>,
  metadata: Readonly<Record<string, string>> = { format: "pt" },
): Uint8Array {
  const records = Object.entries(tensors).map(([name, x]): [string, ArrayRecord] => {
    const view = x.impl.contiguous();
    return [name, { dtype: elementTypeOf(view.dtype), shape: view.shape, data: view.data() }];
  });
  return encodeSafetensors(new Map(records), metadata);
}

/**
 * The tensors of a safetensors file, by name.
 *
 * @param file the file's name, for errors
 * @throws FormatError on a damaged or foreign file
 * @see safetensors.torch.load
 */
export function loadTensors(
  bytes: Uint8Array | ArrayBuffer,
  file?: string,
): Record<string, Tensor> {
  return tensorsOf(decodeSafetensors(bytes, file));
}

/** The arrays of a file as tensors, which share their memory: {@link loadTensors} in two steps. */
export function tensorsOf({ tensors }: SafetensorsFile): Record<string, Tensor> {
  return Object.fromEntries(
    [...tensors].map(([name, { dtype, shape, data }]) => [
      name,
      wrap(data, layouts[dtype].dtype, shape),
    ]),
  );
}

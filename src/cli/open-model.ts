/** Models from folders. */

import { stat } from "node:fs/promises";
import { CheckpointError } from "../core/index.ts";
import { FolderStore } from "../io/index.ts";
import { loadModel, type TrainedModel } from "../lm/index.ts";

/**
 * The model that `saiki train` wrote into a folder.
 *
 * @throws CheckpointError also where the path is that of a file, with the folder that may be meant
 */
export async function openModel(folder: string): Promise<TrainedModel> {
  const isFile = (await stat(folder).catch(() => null))?.isFile() ?? false;
  if (!isFile) return loadModel(new FolderStore(folder));
  const beside = `${folder}.saiki`;
  const isTrained = (await stat(beside).catch(() => null))?.isDirectory() ?? false;
  const fix = isTrained ? `Give ${beside}` : "Give the folder that saiki train wrote";
  throw new CheckpointError(folder, "this is a file, not the folder of a model", fix);
}

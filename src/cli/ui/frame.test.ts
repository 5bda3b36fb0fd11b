import { expect, test } from "vitest";
import { frame } from "./frame.ts";
import type { Look } from "./look.ts";

const look: Look = {
  paint: (_, text) => text,
  isColoured: false,
  isUnicode: true,
  isLive: true,
};

test("frame() wraps to the columns, wide characters and all, and keeps indentation", () => {
  expect(frame("title", "\n  a verse of words\n月がのぼる", 10, look)).toBe(
    "╭ title\n│   a\n│ verse of\n│ words\n│ 月がのぼ\n│ る\n╰",
  );
});

test("frame() lets no character move the cursor", () => {
  const text = frame("", "a\x1b[2Jb\rc\td\x07", 80, { ...look, isUnicode: false });
  expect(text).toBe("+ \n| a?[2Jb\n| c    d?\n+");
});

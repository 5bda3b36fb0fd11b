import fc from "fast-check";
import { expect, test } from "vitest";
import { Blocks } from "./blocks.ts";

test("blocks lie side by side, gaps are filled first, and the end falls with the last block", () => {
  const blocks = new Blocks(64);
  const [a, b, c] = [blocks.take(64), blocks.take(128), blocks.take(64)] as const;
  expect([a, b, c, blocks.end]).toEqual([64, 128, 256, 320]);
  blocks.free(b);
  expect(blocks.end).toBe(320);
  expect([blocks.take(192), blocks.take(64), blocks.take(64)]).toEqual([320, 128, 192]);
  blocks.free(320);
  blocks.free(c);
  expect(blocks.end).toBe(256);
  for (const at of [a, 128, 192]) blocks.free(at);
  expect(blocks.end).toBe(64);
});

test("blocks never overlap, and free ones leave nothing behind", () => {
  const steps = fc.array(fc.record({ free: fc.boolean(), which: fc.nat(), size: fc.nat(9) }));
  fc.assert(
    fc.property(steps, (all) => {
      const blocks = new Blocks(64);
      const taken: { at: number; bytes: number }[] = [];
      for (const { free, which, size } of all) {
        if (free && taken.length > 0) {
          for (const { at } of taken.splice(which % taken.length, 1)) blocks.free(at);
        } else {
          const bytes = 64 * (size + 1);
          const at = blocks.take(bytes);
          expect(taken.every((t) => t.at >= at + bytes || t.at + t.bytes <= at)).toBe(true);
          taken.push({ at, bytes });
        }
        expect(blocks.end).toBe(Math.max(64, ...taken.map((t) => t.at + t.bytes)));
      }
      for (const { at } of taken) blocks.free(at);
      expect([blocks.take(640), blocks.end]).toEqual([64, 704]);
    }),
  );
});

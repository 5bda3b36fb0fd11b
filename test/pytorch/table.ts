/** Compares recorded Python expressions with their counterparts in a table. */

import { expect, test } from "vitest";

interface Recorded {
  /** The Python expression. */
  readonly code: string;
  /** The title of the test; by default the expression. */
  readonly title?: string;
}

/**
 * Tests each recorded case with its counterpart.
 *
 * @param absent expressions that have no counterpart; with the table's they must be those recorded
 */
export function replayTable<F, C extends Recorded>(
  table: Readonly<Record<string, F>>,
  cases: readonly C[],
  check: (counterpart: F, c: C) => void,
  absent: readonly string[] = [],
): void {
  test("the table has the recorded expressions", () => {
    const recorded = new Set(cases.map((c) => c.code));
    expect([...Object.keys(table), ...absent].sort()).toEqual([...recorded].sort());
  });

  const present = cases.filter((c) => !absent.includes(c.code));
  test.each(present.map((c) => [c.title ?? c.code, c] as const))("%s", (_title, c) => {
    check(table[c.code] as F, c);
  });
}

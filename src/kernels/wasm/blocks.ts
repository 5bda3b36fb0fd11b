/** Which parts of a memory are taken by what outlives calls: blocks side by side from `base` on. */
export class Blocks {
  /** The first byte after the last block. */
  end: number;
  private readonly base: number;
  /** By address. */
  private readonly blocks: { at: number; bytes: number }[] = [];
  /** Bytes between blocks. */
  private gaps = 0;

  constructor(base: number) {
    this.base = base;
    this.end = base;
  }

  /** The address of a new block: in the first gap that has room, else after the last one. */
  take(bytes: number): number {
    const { blocks } = this;
    if (this.gaps >= bytes) {
      let at = this.base;
      for (const [i, block] of blocks.entries()) {
        if (block.at - at >= bytes) {
          blocks.splice(i, 0, { at, bytes });
          this.gaps -= bytes;
          return at;
        }
        at = block.at + block.bytes;
      }
    }
    const at = this.end;
    blocks.push({ at, bytes });
    this.end += bytes;
    return at;
  }

  /** @param at where a block lies that nobody needs any more */
  free(at: number): void {
    // Backward walks from the last forward to the first, so it is mostly the last block.
    const i = this.blocks.findLastIndex((block) => block.at === at);
    const [block] = this.blocks.splice(i, 1);
    if (block === undefined) return;
    this.gaps += block.bytes;
    if (i < this.blocks.length) return;
    const last = this.blocks.at(-1);
    const end = last === undefined ? this.base : last.at + last.bytes;
    this.gaps -= this.end - end;
    this.end = end;
  }
}

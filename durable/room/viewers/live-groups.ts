import type { Viewer } from "./viewer.ts";
import type { Mark } from "./window.ts";

/** Live viewers that were sent the same part of the stream. */
export interface LiveGroup {
  /** How far they were sent it. */
  readonly at: Mark;
  readonly viewers: Set<Viewer>;
  /** When they were sent something last, and how long they are left alone after that, in ms. */
  sent: { atMs: number; restMs: number };
}

const NEVER: LiveGroup["sent"] = { atMs: 0, restMs: 0 };

/** The live viewers of a room by how far they were sent the stream. Most of the time that is one group. */
export class LiveGroups {
  /** Those who were sent least come first; none is empty. */
  #groups: LiveGroup[] = [];

  get size(): number {
    return this.#groups.reduce((sum, { viewers }) => sum + viewers.size, 0);
  }

  get oldest(): LiveGroup | undefined {
    return this.#groups[0];
  }

  *viewers(): Generator<Viewer> {
    for (const { viewers } of this.#groups) yield* viewers;
  }

  /**
   * The viewer was sent the stream up to `at`; `sent`: and just now. Who joins others rests with them, so that the last ones of a
   * round do not make the first wait longer.
   */
  add(viewer: Viewer, at: Mark, sent: LiveGroup["sent"] = NEVER): void {
    const group = this.#groupAt(at, sent);
    group.viewers.add(viewer);
    viewer.sentLive = group.at;
  }

  delete(viewer: Viewer): void {
    const at = this.#groups.findIndex(({ viewers }) => viewers.delete(viewer));
    if (this.#groups[at]?.viewers.size === 0) this.#groups.splice(at, 1);
  }

  #groupAt(at: Mark, sent: LiveGroup["sent"]): LiveGroup {
    let place = this.#groups.length;
    for (; place > 0; place -= 1) {
      const group = this.#groups[place - 1] as LiveGroup;
      if (group.at.cursor === at.cursor) return group;
      if (group.at.cursor < at.cursor) break;
    }
    const group = { at, viewers: new Set<Viewer>(), sent };
    this.#groups.splice(place, 0, group);
    return group;
  }
}

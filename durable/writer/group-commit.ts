/** An item that waits for its commit. */
interface Waiting<Item, Outcome> {
  item: Item;
  resolve: (outcome: Outcome) => void;
}

export interface GroupCommitDeps<Item, Outcome> {
  /** Commits the items together and gives the outcome of each, in their order. Must not throw. */
  commit: (items: readonly Item[]) => Promise<readonly Outcome[]>;
  weigh: (item: Item) => number;
  /** Most weight of one commit; a single heavier item still goes. */
  maxWeight: number;
  /** Commits under way at once. A further one begins only with half of `maxWeight` or more. */
  atOnce: number;
}

/**
 * Group commit: while one commit is under way the next group gathers, and goes the moment the first is done. No timer,
 * so a lone item never waits, and the busier it is the larger the groups (DeWitt et al., "Implementation Techniques
 * for Main Memory Database Systems", SIGMOD 1984). A group that is large already goes before that, to be made ready
 * while the database works.
 */
export class GroupCommit<Item, Outcome> {
  readonly #deps: GroupCommitDeps<Item, Outcome>;
  #waiting: Waiting<Item, Outcome>[] = [];
  #underWay = 0;

  constructor(deps: GroupCommitDeps<Item, Outcome>) {
    this.#deps = deps;
  }

  submit(item: Item): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#waiting.push({ item, resolve });
      if (this.#mayBegin()) void this.#run();
    });
  }

  #mayBegin(): boolean {
    if (this.#waiting.length === 0) return false;
    if (this.#underWay === 0) return true;
    const weight = this.#waiting.reduce((sum, { item }) => sum + this.#deps.weigh(item), 0);
    return this.#underWay < this.#deps.atOnce && weight >= this.#deps.maxWeight / 2;
  }

  async #run(): Promise<void> {
    while (this.#mayBegin()) {
      this.#underWay += 1;
      const group = this.#takeGroup();
      const outcomes = await this.#deps.commit(group.map((waiting) => waiting.item));
      this.#underWay -= 1;
      for (const [index, waiting] of group.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined) throw new Error("a commit gave fewer outcomes than items");
        waiting.resolve(outcome);
      }
    }
  }

  #takeGroup(): Waiting<Item, Outcome>[] {
    let weight = 0;
    let count = 0;
    for (const { item } of this.#waiting) {
      weight += this.#deps.weigh(item);
      if (count > 0 && weight > this.#deps.maxWeight) break;
      count += 1;
    }
    return this.#waiting.splice(0, count);
  }
}

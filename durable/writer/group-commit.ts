/** An item that waits for its commit. */
interface Waiting<Item, Outcome> {
  item: Item;
  resolve: (outcome: Outcome) => void;
  reject: (error: unknown) => void;
}

export interface GroupCommitDeps<Item, Outcome> {
  /** Commits the items together and gives the outcome of each, in their order. Where it rejects, so do all of them. */
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
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
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
      try {
        const outcomes = await this.#deps.commit(group.map((waiting) => waiting.item));
        if (outcomes.length < group.length) throw new Error("there are fewer outcomes than items");
        for (const [index, waiting] of group.entries()) waiting.resolve(outcomes[index] as Outcome);
      } catch (error) {
        for (const waiting of group) waiting.reject(error);
      }
      this.#underWay -= 1;
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

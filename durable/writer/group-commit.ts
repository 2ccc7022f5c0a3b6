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
}

/**
 * Group commit: while one commit is under way the next group gathers, and goes the moment the first is done. No timer,
 * so a lone item never waits, and the busier it is the larger the groups (DeWitt et al., "Implementation Techniques
 * for Main Memory Database Systems", SIGMOD 1984).
 */
export class GroupCommit<Item, Outcome> {
  readonly #deps: GroupCommitDeps<Item, Outcome>;
  #waiting: Waiting<Item, Outcome>[] = [];
  #running = false;

  constructor(deps: GroupCommitDeps<Item, Outcome>) {
    this.#deps = deps;
  }

  submit(item: Item): Promise<Outcome> {
    return new Promise((resolve) => {
      this.#waiting.push({ item, resolve });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup();
      const outcomes = await this.#deps.commit(group.map((waiting) => waiting.item));
      for (const [index, waiting] of group.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined) throw new Error("a commit gave fewer outcomes than items");
        waiting.resolve(outcome);
      }
    }
    this.#running = false;
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

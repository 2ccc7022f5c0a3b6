/** Lets so many pieces of work go on at once, and the others wait for their turn in their order. */
export class Turns {
  readonly #atOnce: number;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  async take<Outcome>(work: () => Promise<Outcome>): Promise<Outcome> {
    if (this.#underWay >= this.#atOnce) {
      await new Promise<void>((begin) => this.#waiting.push(begin));
    } else {
      this.#underWay += 1;
    }
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // Whoever is next takes over the place of this one.
      if (next === undefined) this.#underWay -= 1;
      else next();
    }
  }
}

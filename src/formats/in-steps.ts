/** Reading that gives others their turn wherever it yields. */
export type InSteps<Result> = Generator<void, Result, void>;

/** So many bytes, or characters, are read in one turn: some ms. What is shorter is read in one. */
export const STEP_BYTES = 512 * 1024;

/** Counts what is done in a turn. */
export class Turn {
  readonly #most: number;
  #done = 0;

  /** `most`: of what takes some ms together. */
  constructor(most: number) {
    this.#most = most;
  }

  /** One more is about to be done. Do others come first? Another turn begins then. */
  isOver(): boolean {
    this.#done += 1;
    if (this.#done <= this.#most) return false;
    this.#done = 1;
    return true;
  }
}

/** All of it in one turn. */
export function inOneTurn<Result>(steps: InSteps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** All of it, with a pause between two steps. */
export async function withPauses<Result>(
  steps: InSteps<Result>,
  pause: () => Promise<void>,
): Promise<Result> {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    await pause();
  }
}

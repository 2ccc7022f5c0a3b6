/** Lines of its own log that a runtime remembers, and the longest of them. */
const MOST_LINES = 1_000;
const MOST_CHARS = 4_000;

/** The newest lines of the log that bear an id, for whoever follows one. */
export class RecentLines {
  readonly #lines: string[] = [];
  #next = 0;

  /** A line, as it was written. */
  add(line: string): void {
    if (line.length > MOST_CHARS) return;
    this.#lines[this.#next] = line;
    this.#next = (this.#next + 1) % MOST_LINES;
  }

  /** Those that hold a text somewhere, as JSON has it. */
  holding(text: string): string[] {
    const encoded = JSON.stringify(text);
    return this.#lines.filter((line) => line.includes(encoded));
  }
}

/** One an isolate. On one machine a runtime's Worker and its objects share it. */
export const recentLines = new RecentLines();

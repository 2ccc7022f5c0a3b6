import type { Cursor } from "../../../src/protocol/words/time.ts";
import type { ReadyMessage } from "./messages/messages.ts";

/** What the rooms of an object keep at most. */
export const PAGES_CHARS = 2 * 1024 * 1024;

/** What a page holds of memory beside its text. */
const PAGE_CHARS = 500;

/** A piece of the log as messages, made once for all viewers who replay it. */
interface Page {
  messages: readonly ReadyMessage[];
  /** The log was read up to here at most, and no message is behind it. */
  upTo: Cursor;
  /** It ends where it was long enough, and not where the log was read to: it stays right however far the log goes on. */
  isFull: boolean;
  chars: number;
  drop: () => void;
}

/** What the rooms of an object keep of pages, together. The oldest go first. */
export class PageMemory {
  readonly #limitChars: number;
  readonly #pages = new Set<Page>();
  #chars = 0;

  constructor(limitChars: number) {
    this.#limitChars = limitChars;
  }

  add(page: Page): void {
    this.#pages.add(page);
    this.#chars += page.chars;
    for (const oldest of this.#pages) {
      if (this.#chars <= this.#limitChars) return;
      oldest.drop();
    }
  }

  remove(page: Page): void {
    if (this.#pages.delete(page)) this.#chars -= page.chars;
  }
}

/** The pages of a room, by the cursor that they begin behind. A crowd that comes back together passes through several. */
export class ReplayPages {
  readonly #memory: PageMemory;
  readonly #pages = new Map<Cursor, Page>();

  constructor(memory: PageMemory) {
    this.#memory = memory;
  }

  /** Messages of the log behind `after`, none beyond `upTo`; undefined where they have to be made. */
  find(after: Cursor, upTo: Cursor): readonly ReadyMessage[] | undefined {
    const page = this.#pages.get(after);
    if (page === undefined) return undefined;
    const fits = page.upTo === upTo || (page.isFull && page.upTo < upTo);
    return fits ? page.messages : undefined;
  }

  keep(
    after: Cursor,
    { messages, upTo, isFull }: Pick<Page, "messages" | "upTo" | "isFull">,
  ): void {
    this.#pages.get(after)?.drop();
    const chars = messages.reduce((sum, { text }) => sum + text.length, PAGE_CHARS);
    const page: Page = { messages, upTo, isFull, chars, drop: () => this.#drop(after, page) };
    this.#pages.set(after, page);
    this.#memory.add(page);
  }

  forget(): void {
    for (const page of this.#pages.values()) page.drop();
  }

  #drop(after: Cursor, page: Page): void {
    this.#pages.delete(after);
    this.#memory.remove(page);
  }
}

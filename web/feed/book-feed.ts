import { type Book, changeBook } from "../../src/core/book.ts";
import type { Level } from "../../src/protocol/book.ts";
import { arrived, type Frame, loading, take } from "../data/join.ts";
import type { Api, Failure } from "./api.ts";
import type { Clock } from "./clock.ts";
import { DIRTY, type Dirty } from "./dirty.ts";

const RETRY_MS = 5_000;

export interface BookFeedDeps extends Pick<Clock, "setTimer"> {
  api: Pick<Api, "book">;
  mark(bits: Dirty): void;
  failed(answer: Failure): void;
  /** Levels, new to the page. */
  onLevels(levels: readonly Level[]): void;
}

/** The order book of a symbol: as its room has it, then every change that comes over the socket (SPEC D-7). */
export function openBookFeed(
  { api, setTimer, mark, failed, onLevels }: BookFeedDeps,
  symbol: string,
) {
  let book: Book | null = null;
  let join = loading();
  let request = 0;
  let stopRetry = () => {};
  return {
    book: () => book,
    /** After a gap too: the changes in it are missing. Until the answer is there the old book is shown. */
    async load(): Promise<void> {
      stopRetry();
      join = loading();
      request += 1;
      const asked = request;
      const answer = await api.book(symbol);
      if (asked !== request) return;
      if (answer.kind !== "ok") {
        failed(answer);
        if (answer.kind === "failed") stopRetry = setTimer(() => void this.load(), RETRY_MS);
        return;
      }
      const joined = arrived(join, answer.value.cursor);
      if (joined === null) {
        void this.load();
        return;
      }
      join = joined.join;
      book = answer.value.book === null ? null : changeBook(null, answer.value.book);
      if (book !== null) onLevels([...book.bids, ...book.asks]);
      for (const frame of joined.fresh) apply(frame);
      mark(DIRTY.book);
    },
    take(frame: Frame): void {
      for (const part of take(join, frame)) apply(part);
    },
    close(): void {
      request += 1;
      stopRetry();
    },
  };

  function apply(frame: Frame): void {
    for (const event of frame.events) {
      if (event.kind !== "book") continue;
      book = changeBook(book, event);
      onLevels([...event.bids, ...event.asks]);
      mark(DIRTY.book);
    }
  }
}

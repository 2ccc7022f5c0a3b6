import type { Level } from "../../../src/protocol/events/book.ts";
import type { Frame } from "../../data/bars/join.ts";
import { type FeedDeps, telling } from "../feed-deps.ts";
import { run } from "../machine.ts";
import { bookMachine, NO_BOOK } from "./book-machine.ts";

export interface BookFeedDeps extends FeedDeps {
  /** Levels, new to the page. */
  onLevels(levels: readonly Level[]): void;
}

/** The order book of a symbol. */
export function openBookFeed(deps: BookFeedDeps, symbol: string) {
  const feed = run(bookMachine, NO_BOOK, deps, {
    ...telling(deps),
    async ask({ id }) {
      feed.send({ type: "answered", id, answer: await deps.api.book(symbol) });
    },
    levels: ({ levels }) => deps.onLevels(levels),
  });
  return {
    book: () => feed.state().book,
    load: () => feed.send({ type: "load" }),
    take: (frame: Frame) => feed.send({ type: "frame", frame }),
    close: feed.stop,
  };
}

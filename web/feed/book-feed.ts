import type { Level } from "../../src/protocol/book.ts";
import type { Frame } from "../data/join.ts";
import { type BookEffect, bookMachine, NO_BOOK } from "./book-machine.ts";
import type { FeedDeps } from "./feed-deps.ts";
import { run } from "./machine.ts";

export interface BookFeedDeps extends FeedDeps {
  /** Levels, new to the page. */
  onLevels(levels: readonly Level[]): void;
}

/** The order book of a symbol. */
export function openBookFeed(deps: BookFeedDeps, symbol: string) {
  const { api, mark, failed, onLevels } = deps;
  const feed = run(bookMachine, NO_BOOK, deps, perform);
  return {
    book: () => feed.state().book,
    load: () => feed.send({ type: "load" }),
    take: (frame: Frame) => feed.send({ type: "frame", frame }),
    close: feed.stop,
  };

  function perform(effect: BookEffect): void {
    switch (effect.type) {
      case "ask":
        void ask(effect.id);
        break;
      case "mark":
        mark(effect.dirty);
        break;
      case "failed":
        failed(effect.answer);
        break;
      case "levels":
        onLevels(effect.levels);
        break;
      default:
        effect satisfies never;
    }
  }

  async function ask(id: number): Promise<void> {
    feed.send({ type: "answered", id, answer: await api.book(symbol) });
  }
}

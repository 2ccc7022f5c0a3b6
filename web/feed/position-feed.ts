import type { Frame } from "../data/join.ts";
import type { FeedDeps } from "./feed-deps.ts";
import { run } from "./machine.ts";
import { NO_POSITIONS_YET, type PositionEffect, positionMachine } from "./position-machine.ts";

/** The positions of a symbol: what its room knows, then what comes over the socket. */
export function openPositionFeed(deps: FeedDeps, symbol: string) {
  const { api, mark, failed } = deps;
  const feed = run(positionMachine, NO_POSITIONS_YET, deps, perform);
  return {
    positions: () => feed.state().positions,
    load: () => feed.send({ type: "load" }),
    take: (frame: Frame) => feed.send({ type: "frame", frame }),
    close: feed.stop,
  };

  function perform(effect: PositionEffect): void {
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
      default:
        effect satisfies never;
    }
  }

  async function ask(id: number): Promise<void> {
    feed.send({ type: "answered", id, answer: await api.positions(symbol) });
  }
}

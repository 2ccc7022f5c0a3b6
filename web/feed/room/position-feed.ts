import type { Frame } from "../../data/bars/join.ts";
import { type FeedDeps, telling } from "../feed-deps.ts";
import { run } from "../machine.ts";
import { NO_POSITIONS_YET, positionMachine } from "./position-machine.ts";

/** The positions of a symbol: what its room knows, then what comes over the socket. */
export function openPositionFeed(deps: FeedDeps, symbol: string) {
  const feed = run(positionMachine, NO_POSITIONS_YET, deps, {
    ...telling(deps),
    async ask({ id }) {
      feed.send({ type: "answered", id, answer: await deps.api.positions(symbol) });
    },
  });
  return {
    positions: () => feed.state().positions,
    load: () => feed.send({ type: "load" }),
    take: (frame: Frame) => feed.send({ type: "frame", frame }),
    close: feed.stop,
  };
}

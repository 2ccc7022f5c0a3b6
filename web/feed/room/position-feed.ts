import type { PositionsAnswer } from "../../../src/protocol/answers/answers.ts";
import { addPositions, NO_POSITIONS, type Positions } from "../../data/tables/positions.ts";
import { DIRTY } from "../dirty.ts";
import type { FeedDeps } from "../feed-deps.ts";
import { openHeldFeed } from "./held-feed.ts";
import { heldMachine, initiallyHeld } from "./held-machine.ts";

export const NO_POSITIONS_YET = initiallyHeld(NO_POSITIONS);

/** The newest position of each account: in whatever order they come, that of its own newest time stays. */
export const positionMachine = heldMachine<Positions, PositionsAnswer>({
  answered: (held, { positions }) => addPositions(held, positions),
  framed(held, { events }) {
    const fresh = events.filter((event) => event.kind === "position");
    return fresh.length === 0 ? null : addPositions(held, fresh);
  },
  dirty: DIRTY.positions,
});

/** The positions of a symbol: what its room knows, then what comes over the socket. */
export function openPositionFeed(deps: FeedDeps, symbol: string) {
  return openHeldFeed(deps, positionMachine, NO_POSITIONS_YET, () => deps.api.positions(symbol));
}

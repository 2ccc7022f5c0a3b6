import type { TradesAnswer } from "../../../src/protocol/answers/answers.ts";
import { DIRTY } from "../dirty.ts";
import type { FeedDeps } from "../feed-deps.ts";
import { openHeldFeed } from "./held-feed.ts";
import { heldMachine, initiallyHeld } from "./held-machine.ts";

/** So many trades are asked for; later ones come over the socket. */
const ASKED = 50;

const NOTHING_YET = initiallyHeld<TradesAnswer | null>(null);

const pastMachine = heldMachine<TradesAnswer | null, TradesAnswer>({
  answered: (_, answer) => answer,
  framed: () => null,
  dirty: DIRTY.trades,
});

/** The trades of before the page. One that is not whole is told of by nobody: the list then begins with what the socket tells. */
export function openPastFeed(deps: FeedDeps, symbol: string, tell: (past: TradesAnswer) => void) {
  const feed = openHeldFeed(
    {
      ...deps,
      mark() {
        const past = feed.held();
        if (past !== null && past.complete !== false) tell(past);
      },
    },
    pastMachine,
    NOTHING_YET,
    () => deps.api.trades(symbol, ASKED),
  );
  return feed;
}

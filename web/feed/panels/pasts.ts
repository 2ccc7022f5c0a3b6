import type { Pasts } from "../../data/symbols/listed-price.ts";
import type { Api } from "../api.ts";
import type { Clock } from "../clock.ts";
import { run } from "../machine.ts";
import { NO_PASTS, type PastLine, pastsMachine } from "./pasts-machine.ts";

export interface PastsDeps extends Clock {
  api: Pick<Api, "history">;
  onPasts(pasts: Pasts): void;
}

/** Finds out what was before of the symbols of a list. */
export function openPasts(deps: PastsDeps) {
  const feed = run(pastsMachine, NO_PASTS, deps, {
    async ask({ id, symbol, query }) {
      feed.send({ type: "answered", id, answer: await deps.api.history(symbol, query) });
    },
    tell: () => deps.onPasts(feed.state().pasts),
  });
  return {
    follow: (list: readonly PastLine[]) => feed.send({ type: "list", list }),
    close: feed.stop,
  };
}

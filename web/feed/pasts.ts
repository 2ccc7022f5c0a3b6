import type { Pasts } from "../data/listed-price.ts";
import type { Api } from "./api.ts";
import type { Clock } from "./clock.ts";
import { run } from "./machine.ts";
import { NO_PASTS, type PastLine, type PastsEffect, pastsMachine } from "./pasts-machine.ts";

export interface PastsDeps extends Clock {
  api: Pick<Api, "history">;
  onPasts(pasts: Pasts): void;
}

/** Finds out what was before of the symbols of a list. */
export function openPasts({ api, onPasts, ...clock }: PastsDeps) {
  const feed = run(pastsMachine, NO_PASTS, clock, perform);
  return {
    follow: (list: readonly PastLine[]) => feed.send({ type: "list", list }),
    close: feed.stop,
  };

  function perform(effect: PastsEffect): void {
    switch (effect.type) {
      case "ask":
        void ask(effect);
        break;
      case "tell":
        onPasts(feed.state().pasts);
        break;
      default:
        effect satisfies never;
    }
  }

  async function ask({ id, symbol, query }: Extract<PastsEffect, { type: "ask" }>): Promise<void> {
    feed.send({ type: "answered", id, answer: await api.history(symbol, query) });
  }
}

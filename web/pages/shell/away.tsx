import { whenWords } from "../../data/symbols/last-price.ts";
import type { Desk } from "./desk.ts";

/** What is shown is no news after so many questions that came to nothing. */
const FAILURES = 3;

/** That the server is away, and of when what is shown is. */
export function Away({ desk: { symbols, clock } }: { desk: Desk }) {
  const { retryAtMs, known, heardAtMs, failures } = symbols;
  if (retryAtMs === null || (known && failures < FAILURES)) return null;
  const who = navigator.onLine ? "No news from the server" : "This device is offline";
  const when =
    heardAtMs === null
      ? null
      : whenWords({ kind: "moment", ts: heardAtMs * 1_000 }, clock.nowMs(), clock.zone);
  return (
    <p class="away" role="status" data-testid="away">
      {when === null
        ? `${who}, and this tab has kept no prices. What a token has read goes with its tab.`
        : `${who}. Prices are old: the last came at ${when}.`}{" "}
      The page goes on by itself.
    </p>
  );
}

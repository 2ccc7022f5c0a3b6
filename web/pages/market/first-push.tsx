import type { Clock } from "../../feed/clock.ts";
import { Command, pushCommand } from "./command.tsx";

/** What the list, or the page of a `symbol`, shows before anything was pushed: the line that changes that. */
export function FirstPush({ clock, symbol }: { clock: Clock; symbol?: string }) {
  const trade = symbol === undefined ? { symbol: "ACME", price: 101.25 } : { symbol, price: 100 };
  const command = firstPushCommand(window.location.origin, trade);
  return (
    <section class="first-push" aria-label="Push a first trade">
      {symbol === undefined ? (
        <>
          <h2>Nothing on the tape yet</h2>
          <p>
            Push a first trade from the project's folder. <code>npm run -s token</code> prints a
            token for this server; <code>npm run demo</code> pushes a whole market. All routes are
            in the <a href="/docs">reference</a>.
          </p>
        </>
      ) : (
        <>
          <h2>Nothing on {symbol} yet</h2>
          <p>The first trade or metric appears here by itself. From the project's folder:</p>
        </>
      )}
      <Command {...{ clock, command }} />
    </section>
  );
}

function firstPushCommand(origin: string, trade: { symbol: string; price: number }): string {
  return pushCommand(origin, "/api/trades", { ...trade, size: 20, side: "buy" });
}

import { useState } from "preact/hooks";
import type { Clock } from "../../feed/clock.ts";

/** What the list, or the page of a `symbol`, shows before anything was pushed: the line that changes that. */
export function FirstPush({ clock, symbol }: { clock: Clock; symbol?: string }) {
  const [copied, setCopied] = useState(false);
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
      <div class="command">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and without a mouse only what has the focus does */}
        <pre tabIndex={0}>
          <code>{command}</code>
        </pre>
        {/* A page that did not come over HTTPS or from this machine has no clipboard. */}
        {window.isSecureContext && (
          <button
            class="button is-quiet"
            type="button"
            onClick={async () => {
              await navigator.clipboard.writeText(command);
              setCopied(true);
              clock.setTimer(() => setCopied(false), 1_500);
            }}
          >
            {copied ? "Copied" : "Copy"}
          </button>
        )}
      </div>
    </section>
  );
}

function firstPushCommand(origin: string, trade: { symbol: string; price: number }): string {
  // No symbol has a quote or a backslash, so between single quotes the shell leaves it as it is.
  const body = JSON.stringify({ ...trade, size: 20, side: "buy" });
  return [
    `curl -sS ${origin}/api/trades \\`,
    `  -H "authorization: Bearer $(npm run -s token -- --scope write)" \\`,
    `  -H "content-type: application/json" \\`,
    `  -d '${body}'`,
  ].join("\n");
}

import { useState } from "preact/hooks";

/** What the list shows before anything was pushed: the line that changes that. */
export function FirstPush() {
  const [copied, setCopied] = useState(false);
  const command = firstPushCommand(window.location.origin);
  return (
    <section class="first-push" aria-label="Push a first trade">
      <h2>Nothing on the tape yet</h2>
      <p>
        Push a first trade from the project's folder. <code>npm run -s token</code> prints a token
        for this server; <code>npm run demo</code> pushes a whole market.
      </p>
      <div class="command">
        <pre>
          <code>{command}</code>
        </pre>
        <button
          class="button is-quiet"
          type="button"
          onClick={async () => {
            await navigator.clipboard.writeText(command);
            setCopied(true);
            setTimeout(() => setCopied(false), 1_500);
          }}
        >
          {copied ? "Copied" : "Copy"}
        </button>
      </div>
    </section>
  );
}

function firstPushCommand(origin: string): string {
  return [
    `curl -sS ${origin}/api/trades \\`,
    `  -H "authorization: Bearer $(npm run -s token -- --scope write)" \\`,
    `  -H "content-type: application/json" \\`,
    `  -d '{"symbol":"ACME","price":101.25,"size":20,"side":"buy"}'`,
  ].join("\n");
}

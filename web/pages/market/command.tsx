import { useState } from "preact/hooks";
import type { Clock } from "../../feed/clock.ts";

/** A command to run, and a button that copies it. */
export function Command({ clock, command }: { clock: Clock; command: string }) {
  const [copied, setCopied] = useState(false);
  return (
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
  );
}

/** The command that pushes an event from the project's folder. */
export function pushCommand(origin: string, path: string, event: object): string {
  // A quote ends what the shell leaves as it is, and stands between two such texts.
  const body = JSON.stringify(event).replaceAll("'", "'\\''");
  return [
    `curl -sS ${origin}${path} \\`,
    `  -H "authorization: Bearer $(npm run -s token -- --scope write)" \\`,
    `  -H "content-type: application/json" \\`,
    `  -d '${body}'`,
  ].join("\n");
}

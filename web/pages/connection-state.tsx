import { useEffect, useState } from "preact/hooks";
import type { Status } from "../../client/status.ts";

/** The connection's state in words, with a dot for who only glances. `read` is asked anew while seconds count down. */
export function ConnectionState({ read }: { read(): Status }) {
  const [, setCount] = useState(0);
  const status = read();
  const isCounting = status.kind === "reconnecting";
  useEffect(() => {
    if (!isCounting) return;
    const timer = setInterval(() => setCount((count) => count + 1), 500);
    return () => clearInterval(timer);
  }, [isCounting]);
  return (
    <div class={`connection is-${status.kind}`}>
      <span class="dot" aria-hidden="true" />
      <span data-testid="connection-state" data-state={status.kind}>
        {status.words}
      </span>
      {/* Spoken when the state changes, not at each second of a countdown. */}
      <span class="sr-only" role="status">
        {status.kind === "reconnecting" ? "reconnecting" : status.words}
      </span>
    </div>
  );
}

import { useEffect, useState } from "preact/hooks";
import type { Status } from "../../../client/status.ts";
import { type Clock, repeat } from "../../feed/clock.ts";

/** How a connection stands, as a page tells it. */
export interface Connection {
  status: Status;
  /** That nothing comes though it is connected, in words ("quiet for 3 h"); null where something does. */
  quiet: string | null;
}

/**
 * The connection's state in words, with a dot for who only glances. `read` is asked anew while seconds count down. While
 * nothing comes it is a button that tries at once.
 */
export function ConnectionState(props: { clock: Clock; read(): Connection; onRetry(): void }) {
  const { clock, read, onRetry } = props;
  const [, setCount] = useState(0);
  const { status, quiet } = read();
  const isCounting = status.kind === "reconnecting";
  useEffect(() => {
    if (!isCounting) return;
    return repeat(clock, () => setCount((count) => count + 1), 500);
  }, [clock, isCounting]);
  const isQuiet = status.kind === "live" && quiet !== null;
  const look = `connection is-${status.kind} ${isQuiet ? "is-quiet" : ""}`;
  const words = isQuiet ? `live, ${quiet}` : status.words;
  const inside = (
    <>
      <span class="dot" aria-hidden="true" />
      <span data-testid="connection-state" data-state={status.kind}>
        {words}
      </span>
    </>
  );
  return (
    <div>
      {canRetry(status) ? (
        <button class={look} type="button" title="Try again now" onClick={onRetry}>
          {inside}
        </button>
      ) : (
        <div
          class={look}
          title={isQuiet ? "Connected: what is pushed appears at once." : undefined}
        >
          {inside}
        </div>
      )}
      {/* Spoken when the state changes, not at each second of a countdown. */}
      <span class="sr-only" role="status">
        {isCounting ? status.words.split(" ")[0] : status.words}
      </span>
    </div>
  );
}

function canRetry({ kind }: Status): boolean {
  return kind === "reconnecting" || kind === "offline" || kind === "polling" || kind === "closed";
}

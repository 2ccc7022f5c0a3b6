import type { Clock } from "../clock.ts";
import { run } from "../machine.ts";
import { SERVER_WELL, serverMachine } from "./server-machine.ts";

export interface ServerWatchDeps extends Clock {
  /** Whether the server answers that it is alive. */
  isAlive(): Promise<boolean>;
  isVisible(): boolean;
}

export type ServerWatch = ReturnType<typeof createServerWatch>;

/**
 * Looks for a server that is away, with a request that costs next to nothing, and tells when it is back: so nobody sits
 * out a wait that was chosen while it was gone.
 */
export function createServerWatch(deps: ServerWatchDeps) {
  const listeners = new Set<() => void>();
  const watch = run(serverMachine, SERVER_WELL, deps, {
    async look() {
      watch.send({ type: "looked", isAlive: deps.isVisible() ? await deps.isAlive() : null });
    },
    retry: retryNow,
  });

  return {
    /** Someone is cut off from the server, or no longer. */
    report: (who: string, isAway: boolean) => watch.send({ type: "report", who, isAway }),
    /** Be told to try again at once; the function it returns ends that. */
    onRetry(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** A person asks. */
    retryNow,
  };

  function retryNow(): void {
    for (const listener of listeners) listener();
  }
}

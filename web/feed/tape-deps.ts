import { browserDeps, type TapeDeps } from "../../client/deps.ts";
import type { Clock } from "./clock.ts";
import type { ServerWatch } from "./symbols/server-watch.ts";

/** What sockets of the page take from the world: the browser, its one clock, and word that the server is back. */
export function tapeDeps(clock: Clock, server: Pick<ServerWatch, "onRetry">): TapeDeps {
  const world = browserDeps();
  return {
    ...world,
    ...clock,
    watch(notice) {
      const stops = [world.watch(notice), server.onRetry(() => notice("woke"))];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}

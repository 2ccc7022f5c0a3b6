import type { DeskEvent } from "./market/desk.ts";
import type { IngestPath } from "./push.ts";

/** Pushes what the desk's services tell, each to its own route and in order. */
export async function pushDesk(
  push: (path: IngestPath, events: readonly object[]) => Promise<void>,
  events: readonly DeskEvent[],
): Promise<void> {
  const byPath = Map.groupBy(events, ({ path }) => path);
  await Promise.all(
    [...byPath].map(([path, of]) =>
      push(
        path,
        of.map(({ event }) => event),
      ),
    ),
  );
}

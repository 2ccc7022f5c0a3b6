import type { ProductTarget } from "../../targets/target.ts";

export type FeedPost = { path: string; events: readonly object[] };

/** Where events are pushed. */
export type Door = Pick<ProductTarget, "port" | "token">;

/** Throws where they are refused. */
export async function postEvents({ port, token }: Door, { path, events }: FeedPost): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(events),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text.slice(0, 300)}`);
}

/**
 * Posts what `next` makes at even distances until it is stopped. A post that is due goes even where earlier ones are still under way, so a slow
 * server gets no fewer events.
 */
export function startFeed(
  product: Door,
  everyMs: number,
  next: (beat: number) => readonly FeedPost[],
): { stop(): Promise<void> } {
  const underWay = new Set<Promise<void>>();
  const beganMs = performance.now();
  let beat = 0;
  let failure: Error | null = null;
  const timer = setInterval(
    () => {
      for (; beganMs + beat * everyMs <= performance.now(); beat += 1) {
        for (const one of next(beat)) {
          const posted = postEvents(product, one)
            .catch((error) => {
              failure ??= error instanceof Error ? error : new Error(String(error));
            })
            .finally(() => underWay.delete(posted));
          underWay.add(posted);
        }
      }
    },
    Math.min(everyMs, 10),
  );
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      if (failure !== null) throw failure;
    },
  };
}

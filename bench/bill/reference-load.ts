import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { MessageReader } from "../load/viewers/message-digest.ts";
import { Viewer } from "../load/viewers/viewer.ts";

/** The load of the design's chapter on the bill. */
export interface Load {
  symbols: number;
  eventsPerSecond: number;
  /** Each posts once a second, for all of its symbols. */
  producers: number;
  viewers: number;
  /** Pages with a list of all symbols. */
  lists: number;
}

export const REFERENCE_LOAD: Load = {
  ...{ symbols: 50, eventsPerSecond: 1_000, producers: 10, viewers: 200, lists: 1 },
};

const SERIES_A_SYMBOL = 5;
const TICK_MS = 50;

export interface RunningLoad {
  /** Events that were acknowledged, and the trades among them. */
  acknowledged(): { events: number; trades: number };
  /** Messages with events that reached viewers. */
  delivered(): number;
  /** Nobody pushes any more, and lists are closed; viewers stay. Resolves when all is answered. */
  quiet(): Promise<void>;
  stop(): void;
}

/**
 * Drives the load until it is stopped. Producers send an `Idempotency-Key` with each post; half of the events are trades, the other
 * half points of a few series. Viewers ack and ping as the client does.
 */
export async function driveLoad(
  target: { port: number; token: string },
  load: Load,
): Promise<RunningLoad> {
  const symbols = Array.from({ length: load.symbols }, (_, at) => `BILL-${at}`);
  let isOver = false;
  const acknowledged = { events: 0, trades: 0 };
  let delivered = 0;
  const failed = (why: string) => {
    if (!isOver) throw new Error(why);
  };
  const url = (path: string) => `http://127.0.0.1:${target.port}${path}`;

  const eventsAPost = load.eventsPerSecond / load.producers;
  const post = async (mine: readonly string[], route: "metrics" | "trades") => {
    const body = JSON.stringify(eventsOf(route, mine, eventsAPost));
    const answer = await fetch(url(`/api/${route}`), {
      method: "POST",
      headers: {
        authorization: `Bearer ${target.token}`,
        "content-type": "application/json",
        "idempotency-key": randomUUID(),
      },
      body,
    });
    const text = await answer.text();
    if (answer.status !== 202) failed(`a post was answered with ${answer.status}: ${text}`);
    acknowledged.events += eventsAPost;
    if (route === "trades") acknowledged.trades += eventsAPost;
  };
  const timers: NodeJS.Timeout[] = [];
  const underWay = new Set<Promise<unknown>>();
  const everySecond = (afterMs: number, work: () => Promise<unknown>) => {
    const run = () => {
      const one = work().finally(() => underWay.delete(one));
      underWay.add(one);
    };
    timers.push(
      setTimeout(() => {
        run();
        timers.push(setInterval(run, 1_000));
      }, afterMs),
    );
  };

  for (let producer = 0; producer < load.producers; producer += 1) {
    const mine = symbols.filter((_, at) => at % load.producers === producer);
    const route = producer % 2 === 0 ? "trades" : "metrics";
    everySecond((producer * 1_000) / load.producers, () => post(mine, route));
  }
  const stopLists = Array.from({ length: load.lists }, () =>
    watchList(url("/api/symbols?wait=20")),
  );

  const reader = new MessageReader();
  const viewers = Array.from({ length: load.viewers }, (_, at) => {
    const path = `/ws/${symbols[at % symbols.length]}`;
    return new Viewer({ host: "127.0.0.1", port: target.port, path }, "cursor", reader, {
      onOpen: () => undefined,
      onEvents: () => {
        delivered += 1;
      },
      onCaughtUp: () => undefined,
      onStreamed: () => undefined,
      onGap: () => failed("a viewer was told of a gap"),
      onLost: (_viewer, why) => failed(`a viewer was lost: ${why}`),
    });
  });
  const ticks = setInterval(() => {
    const nowMs = performance.now();
    for (const viewer of viewers) viewer.tick(nowMs);
  }, TICK_MS);

  return {
    acknowledged: () => ({ ...acknowledged }),
    delivered: () => delivered,
    quiet: async () => {
      for (const timer of timers) clearTimeout(timer);
      for (const stop of stopLists) stop();
      await Promise.allSettled(underWay);
    },
    stop: () => {
      isOver = true;
      clearInterval(ticks);
      for (const timer of timers) clearTimeout(timer);
      for (const stop of stopLists) stop();
      for (const viewer of viewers) viewer.end();
    },
  };
}

/** Asks for the list as a page of the dashboard does, once a second at the most; gives how to stop. */
function watchList(url: string): () => void {
  const stopped = new AbortController();
  const { signal } = stopped;
  const watch = async () => {
    let tag = "";
    while (!signal.aborted) {
      const atMs = performance.now();
      const answer = await fetch(url, { headers: { "if-none-match": tag }, signal });
      await answer.text();
      tag = answer.headers.get("etag") ?? "";
      await sleep(Math.max(0, atMs + 1_000 - performance.now()));
    }
  };
  watch().catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  return () => stopped.abort();
}

/** So many events, in turn over the symbols. */
function eventsOf(route: "metrics" | "trades", symbols: readonly string[], count: number) {
  const nowUs = Date.now() * 1_000;
  return Array.from({ length: count }, (_, at) => {
    const symbol = symbols[at % symbols.length] ?? "";
    const ts = nowUs + at;
    const value = 100 + ((at * 7_919) % 1_000) / 100;
    if (route === "trades") {
      return { symbol, price: value, size: 1 + (at % 9), side: at % 2 ? "buy" : "sell", ts };
    }
    return { symbol, metric: `load_${at % SERIES_A_SYMBOL}`, value, ts };
  });
}

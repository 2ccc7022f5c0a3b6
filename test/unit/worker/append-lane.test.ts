import { AsyncLocalStorage } from "node:async_hooks";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  ANSWER_MS,
  AppendLane,
  FRESH_MS,
  type LaneTurn,
  MOST,
  PATIENCE_MS,
} from "../../../src/appends/append-lane.ts";
import type { HostBatch, HostFailure, HostOutcome } from "../../../src/bindings/host.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../src/protocol/words/time.ts";

type Said = HostOutcome | HostFailure;

/** A call to the host as it is under way. */
interface Call {
  names: string[];
  atMs: number;
  answer: (said: readonly Said[]) => void;
  fail: (error: unknown) => void;
}

/** A lane, the host behind it, and a clock that stands still until it is told to go on. */
class World {
  readonly lane = new AppendLane();
  readonly calls: Call[] = [];
  nowMs = 1_000;
  #timers = new Map<object, { dueMs: number; fire: () => void; of: Client }>();

  /** A request, as the lane sees it. */
  client(name: string, chars = 1): Client {
    return new Client(this, name, chars);
  }

  setTimer(of: Client, fire: () => void, ms: number): () => void {
    const key = {};
    this.#timers.set(key, { dueMs: this.nowMs + ms, fire, of });
    return () => {
      // A request's timers have numbers of its own, which are those of other timers under another request.
      expect(running.getStore()).toBe(of);
      this.#timers.delete(key);
    };
  }

  async go(ms: number): Promise<void> {
    await settle();
    this.nowMs += ms;
    for (const [key, timer] of this.#timers) {
      if (timer.dueMs > this.nowMs) continue;
      this.#timers.delete(key);
      if (!timer.of.isGone) timer.fire();
    }
    await settle();
  }
}

/** Whose code runs. */
const running = new AsyncLocalStorage<Client>();

/** A client's request. Where it has gone none of its code runs any more, but what it keeps. */
class Client {
  readonly name: string;
  readonly cameAtMs: number;
  readonly batch: HostBatch;
  readonly outcome: Promise<Said>;
  goneAtMs = Number.POSITIVE_INFINITY;
  isKept = false;
  readonly #onGone = new Set<() => void>();
  ended: Said | null = null;

  constructor(world: World, name: string, chars: number) {
    this.name = name;
    this.cameAtMs = world.nowMs;
    this.batch = batchOf(name, chars);
    const turn: LaneTurn = {
      send: (batches) =>
        new Promise((resolve, reject) => {
          const names = batches.map(nameOf);
          // Whoever has gone, and keeps nothing, hears nothing.
          const heard = (then: () => void) => () => {
            if (!this.isGone || this.isKept) then();
          };
          world.calls.push({
            ...{ names, atMs: world.nowMs },
            answer: (said) => heard(() => resolve(said))(),
            fail: (error) => heard(() => reject(error))(),
          });
        }),
      keep: () => {
        this.isKept = true;
      },
      nowMs: () => {
        if (this.isGone) throw new Error("gone");
        return world.nowMs;
      },
      setTimer: (fire, ms) => world.setTimer(this, fire, ms),
      onGone: (callback) => {
        this.#onGone.add(callback);
        return () => this.#onGone.delete(callback);
      },
    };
    this.outcome = running
      .run(this, () => world.lane.append(this.batch, turn))
      .catch((error: unknown): HostFailure => ({ kind: "failed", error }));
    void this.outcome.then((said) => {
      if (!this.isGone) this.ended = said;
    });
  }

  get isGone(): boolean {
    return this.goneAtMs < Number.POSITIVE_INFINITY;
  }

  /** The client hangs up. A request may also end `unnoticed`. */
  go(nowMs: number, how: "noticed" | "unnoticed" = "unnoticed"): void {
    this.goneAtMs = Math.min(this.goneAtMs, nowMs);
    if (how === "noticed") for (const callback of this.#onGone) callback();
  }

  /** Does anything of it wait to hear that it has gone? */
  get isListening(): boolean {
    return this.#onGone.size > 0;
  }
}

const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

function batchOf(name: string, chars: number): HostBatch {
  const frames = [{ text: "x".repeat(chars), count: 1 }];
  const rooms = [{ symbol: name as SymbolName, frames }];
  return { rooms, holder: "h", correlationId: name };
}

function nameOf({ correlationId }: HostBatch): string {
  return correlationId;
}

const taken = (cursor: number): HostOutcome => ({
  kind: "appended",
  cursors: [cursor as Cursor],
});

function answer(world: World, at: number): void {
  const call = world.calls[at];
  call?.answer(call.names.map((_, index) => taken(at * 100 + index)));
}

describe("the lane of batches to a host", () => {
  it("sends a batch at once, and what comes meanwhile together after it", async () => {
    const world = new World();
    const [a, b, c] = ["a", "b", "c"].map((name) => world.client(name));
    expect(world.calls.map(({ names }) => names)).toEqual([["a"]]);
    answer(world, 0);
    await settle();
    expect(world.calls.map(({ names }) => names)).toEqual([["a"], ["b", "c"]]);
    answer(world, 1);
    expect(await Promise.all([a?.outcome, b?.outcome, c?.outcome])).toEqual(
      [0, 100, 101].map(taken),
    );
    expect([a, b, c].map((client) => client?.isKept)).toEqual([false, true, false]);
  });

  it("sends what has waited for as long as it may, whatever is under way", async () => {
    const world = new World();
    for (const name of ["far", "b", "c"]) world.client(name);
    await world.go(PATIENCE_MS);
    expect(world.calls.map(({ names }) => names)).toEqual([["far"], ["b", "c"]]);
  });

  it("gives each its own outcome: a refusal, and a failure of one", async () => {
    const world = new World();
    const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => world.client(name));
    answer(world, 0);
    await settle();
    const failure = new Error("of c");
    world.calls[1]?.answer([{ kind: "full" }, { kind: "failed", error: failure }, taken(7)]);
    expect(await a?.outcome).toEqual(taken(0));
    expect(await b?.outcome).toEqual({ kind: "full" });
    expect(await c?.outcome).toEqual({ kind: "failed", error: failure });
    expect(await d?.outcome).toEqual(taken(7));
  });

  it("fails all of a call that fails, and takes the next ones", async () => {
    const world = new World();
    const [, b, c] = ["a", "b", "c"].map((name) => world.client(name));
    answer(world, 0);
    await settle();
    const error = Object.assign(new Error("reset"), { retryable: true });
    world.calls[1]?.fail(error);
    expect(await b?.outcome).toEqual({ kind: "failed", error });
    expect(await c?.outcome).toEqual({ kind: "failed", error });
    const d = world.client("d");
    answer(world, 2);
    expect(await d.outcome).toEqual(taken(200));
  });

  it("loses nothing of others where who carries them has gone", async () => {
    const world = new World();
    const [, b, c] = ["a", "b", "c"].map((name) => world.client(name));
    answer(world, 0);
    await settle();
    b?.go(world.nowMs);
    answer(world, 1);
    expect(await c?.outcome).toEqual(taken(101));
  });

  it("goes on soon where whoever has a call alone has gone", async () => {
    const world = new World();
    world.client("a").go(world.nowMs);
    const b = world.client("b");
    answer(world, 0);
    await world.go(PATIENCE_MS);
    answer(world, 1);
    expect(await b.outcome).toEqual(taken(100));
    const c = world.client("c");
    expect(world.calls[2]?.names).toEqual(["c"]);
    answer(world, 2);
    expect(await c.outcome).toEqual(taken(200));
  });

  it("wakes nobody who is known to have gone, and goes on at once with who is there", async () => {
    const world = new World();
    const [, b, c] = ["a", "b", "c"].map((name) => world.client(name));
    b?.go(world.nowMs, "noticed");
    answer(world, 0);
    await settle();
    expect(world.calls.map(({ names }) => names)).toEqual([["a"], ["c", "b"]]);
    answer(world, 1);
    expect(await c?.outcome).toEqual(taken(100));
    expect(c?.isListening).toBe(false);
    // Nothing has run under it since.
    expect(b?.isListening).toBe(true);
  });

  it("does not bring later what has gone unsent", async () => {
    const world = new World();
    world.client("a");
    world.client("gone").go(world.nowMs);
    answer(world, 0);
    await world.go(FRESH_MS + 1);
    world.client("b");
    await world.go(FRESH_MS + 1);
    expect(world.calls.map(({ names }) => names)).toEqual([["a"], ["b"]]);
  });

  it("says that a batch is lost whose call nobody hears of", async () => {
    const world = new World();
    const [, b, c] = ["a", "b", "c"].map((name) => world.client(name));
    answer(world, 0);
    await settle();
    // Not even what was kept goes on.
    b?.go(world.nowMs);
    (b as Client).isKept = false;
    await world.go(PATIENCE_MS);
    await world.go(ANSWER_MS);
    expect(await c?.outcome).toMatchObject({ kind: "failed", error: { retryable: true } });
  });

  it("makes no call longer than one may be, but by one batch", async () => {
    const world = new World();
    world.client("a");
    const long = MOST.chars - 1;
    for (const [name, chars] of [
      ["b", 1],
      ["c", long],
      ["d", 2],
      ["e", 1],
    ] as const) {
      world.client(name, chars);
    }
    answer(world, 0);
    await settle();
    answer(world, 1);
    await settle();
    expect(world.calls.map(({ names }) => names)).toEqual([["a"], ["b", "c"], ["d", "e"]]);
  });

  it("answers everybody who stays, once, and brings nothing twice or unasked for long", async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant({ kind: "comes" } as const) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("ends" as const), call: fc.nat() }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("fails" as const), call: fc.nat() }) },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant("goes" as const),
          who: fc.nat(),
          how: fc.constantFrom("noticed", "unnoticed"),
        }),
      },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("waits" as const), ms: fc.nat(400) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const world = new World();
        const clients: Client[] = [];
        const open = new Set<number>();
        const end = (at: number, how: "ends" | "fails") => {
          open.delete(at);
          if (how === "ends") answer(world, at);
          else world.calls[at]?.fail(new Error("reset"));
        };
        let seen = 0;
        const look = () => {
          for (; seen < world.calls.length; seen += 1) open.add(seen);
        };
        for (const one of steps) {
          switch (one.kind) {
            case "comes":
              clients.push(world.client(String(clients.length)));
              break;
            case "goes":
              clients[one.who % Math.max(1, clients.length)]?.go(world.nowMs, one.how);
              break;
            case "waits":
              await world.go(one.ms);
              break;
            default: {
              const at = [...open][one.call % Math.max(1, open.size)];
              if (at !== undefined) end(at, one.kind);
            }
          }
          await settle();
          look();
        }
        for (let turn = 0; turn < 20; turn += 1) {
          for (const at of [...open]) end(at, "ends");
          await world.go(PATIENCE_MS);
          look();
        }
        const sent = world.calls.flatMap(({ names }) => names);
        expect(new Set(sent).size).toBe(sent.length);
        for (const { names, atMs } of world.calls) {
          for (const name of names) {
            const { goneAtMs, cameAtMs } = clients[Number(name)] as Client;
            if (atMs > goneAtMs) expect(atMs - cameAtMs).toBeLessThanOrEqual(FRESH_MS);
          }
        }
        for (const client of clients) {
          if (!client.isGone) expect(client.ended, `client ${client.name}`).not.toBeNull();
        }
      }),
      { numRuns: 150 },
    );
  });
});

import fc from "fast-check";
import type { Placement } from "../../../../src/core/placement/placement.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import { CURSOR_ORIGIN, type Cursor } from "../../../../src/protocol/words/time.ts";
import { type ModelHosts, SYMBOLS } from "./hosts.ts";
import { poll, readTail } from "./reads.ts";
import { append, appendAndCrash, retry, retryAndCrash } from "./requests.ts";
import { acknowledge, breakSocket, connect, leave, reconnect } from "./viewing.ts";

const [BUSY, RARE, MOVED] = SYMBOLS;

/** One host, two of them with symbols on each, and one that has a host of its own. */
export const PLACEMENTS: readonly [Placement, ...Placement[]] = [
  { ROOM_HOSTS: 1, ROOM_DEDICATED: [] },
  { ROOM_HOSTS: 2, ROOM_DEDICATED: [] },
  { ROOM_HOSTS: 1, ROOM_DEDICATED: [MOVED] },
];

const viewerIndex = fc.nat({ max: 11 });
const symbol = fc.constantFrom(...SYMBOLS);
const size = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 8 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 200 }) },
);
/** Which symbols a request has: one of them rarely. */
const symbols = fc.oneof(
  { weight: 5, arbitrary: fc.constant([BUSY]) },
  { weight: 3, arbitrary: fc.constant([MOVED]) },
  { weight: 3, arbitrary: fc.constant([BUSY, MOVED]) },
  { weight: 1, arbitrary: fc.constantFrom([RARE], [RARE, BUSY], [MOVED, RARE, BUSY]) },
);
const batch = fc.record({
  parts: symbols.chain((names) =>
    fc.tuple(...names.map((name) => fc.record({ symbol: fc.constant(name), size }))),
  ),
  tradeEvery: fc.constantFrom(1, 2, 5),
  repeatEvery: fc.constantFrom(0, 3, 7),
  lateByMs: fc.constantFrom(0, 0, 1_500, 90_000, 400_000),
  keyed: fc.boolean(),
});
const batches = fc.array(batch, { minLength: 1, maxLength: 3 });

export const actions = [
  { weight: 8, arbitrary: fc.record({ do: fc.constant("append" as const), batches }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("appendAndCrash" as const),
      batches,
      turns: fc.nat({ max: 4 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("retry" as const),
      back: fc.constantFrom(0, 0, 1, 3, 10),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("retryAndCrash" as const),
      back: fc.constantFrom(0, 0, 1, 3),
      turns: fc.nat({ max: 4 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("connect" as const),
      symbol,
      since: fc.oneof(
        fc.constantFrom("none" as const, "origin" as const, "head" as const, "future" as const),
        fc.double({ min: 0, max: 1, noNaN: true }),
      ),
      acks: fc.constantFrom("when due" as const, "when due" as const, "never" as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("reconnect" as const), viewerIndex }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("ack" as const),
      viewerIndex,
      far: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("leave" as const, "break" as const), viewerIndex }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("sleep" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("pass" as const),
      // The last is longer than a room that nobody uses stays in memory.
      ms: fc.constantFrom(0, 1, 7, 300, 4_000, 20_000, 70_000, 700_000),
    }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("turn" as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("turnBack" as const),
      ms: fc.constantFrom(5, 3_000, 200_000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("postgres" as const),
      mode: fc.constantFrom("up" as const, "slow" as const, "away" as const, "forgetful" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("refuse" as const), symbol: fc.option(symbol) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("poll" as const),
      symbol,
      fromOrigin: fc.boolean(),
      limit: fc.constantFrom(1, 60, 1_000),
      waitMs: fc.constantFrom(0, 0, 700),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("tail" as const), symbol }) },
] as const;
/** Retention drops some of what is stored. */
const expiry = fc.record({
  do: fc.constant("expire" as const),
  symbol,
  far: fc.double({ min: 0, max: 1, noNaN: true }),
  every: fc.constantFrom(1, 2, 7),
});
/** Another database takes the place of the one there was, and the host hears of it. */
const replacement = fc.record({ do: fc.constantFrom("replace" as const, "meet" as const) });
const placement = fc.record({
  do: fc.constant("place" as const),
  placement: fc.constantFrom<Placement[]>(...PLACEMENTS),
});
type Taken<Each> = Each extends { arbitrary: fc.Arbitrary<infer T> } ? T : never;
export type Action =
  | Taken<(typeof actions)[number]>
  | (typeof replacement extends fc.Arbitrary<infer T> ? T : never)
  | (typeof expiry extends fc.Arbitrary<infer T> ? T : never)
  | (typeof placement extends fc.Arbitrary<infer T> ? T : never);

export const LENGTH = { maxLength: 60, size: "max" } as const;

/** What happens to a host, step by step. */
export const steps = fc.array(
  fc.oneof(...actions, replacement, { weight: 3, arbitrary: expiry }),
  LENGTH,
);
/** What happens to hosts on which symbols are placed anew. */
export const placementSteps = fc.array(
  fc.oneof(...actions, { weight: 3, arbitrary: expiry }, { weight: 4, arbitrary: placement }),
  LENGTH,
);

/** Takes one step. */
export async function act(hosts: ModelHosts, step: Action): Promise<void> {
  switch (step.do) {
    case "append":
      return append(hosts, step.batches);
    case "appendAndCrash":
      return appendAndCrash(hosts, step.batches, step.turns);
    case "retry":
      return retry(hosts, step.back);
    case "retryAndCrash":
      return retryAndCrash(hosts, step.back, step.turns);
    case "connect": {
      // A time, or a cursor of whatever log: it is replayed from what there is.
      const since = { cursor: sinceOf(hosts, step.symbol, step.since), log: null };
      return connect(hosts, step.symbol, since, step.acks === "when due");
    }
    case "reconnect":
      return reconnect(hosts, step.viewerIndex);
    case "ack":
      return acknowledge(hosts, step.viewerIndex, step.far);
    case "leave":
      return leave(hosts, step.viewerIndex);
    case "break":
      return breakSocket(hosts, step.viewerIndex);
    case "sleep":
      return hosts.sleep();
    case "crash":
      return hosts.crash();
    case "pass":
      return hosts.pass(step.ms);
    case "turn":
      return hosts.turn();
    case "turnBack":
      return hosts.turnBack(step.ms);
    case "postgres":
      return hosts.setPostgres(step.mode);
    case "refuse":
      return hosts.refuse(step.symbol);
    case "replace":
      return hosts.replacePostgres();
    case "expire":
      return hosts.expire(step.symbol, step.far, step.every);
    case "meet":
      return hosts.meetDatabase();
    case "poll":
      return poll(hosts, step.symbol, step);
    case "place":
      return hosts.place(step.placement);
    case "tail":
      return readTail(hosts, step.symbol);
    default:
      step satisfies never;
  }
}

function sinceOf(hosts: ModelHosts, symbol: SymbolName, since: string | number): Cursor | null {
  if (since === "none") return null;
  if (since === "origin") return CURSOR_ORIGIN;
  const { entries, head } = hosts.room(symbol).tape;
  if (since === "head") return head;
  if (since === "future") return (Math.max(head, hosts.nowUs) + 1_000_000_000) as Cursor;
  return entries[Math.floor(Number(since) * (entries.length - 1))]?.cursor ?? head;
}

import { expect } from "vitest";
import type { HostBatch, HostOutcome } from "../../../../src/bindings/host.ts";
import { hostOf } from "../../../../src/core/placement/placement.ts";
import type { TapeEvent } from "../../../../src/protocol/events/event.ts";
import type { SymbolName } from "../../../../src/protocol/words/symbol.ts";
import type { Cursor } from "../../../../src/protocol/words/time.ts";
import { type ModelHosts, SYMBOLS } from "./hosts.ts";
import type { Answered, BatchPlan, KeyedRequest, Request } from "./producer.ts";

const [, , MOVED] = SYMBOLS;

/** Requests that arrive in one turn of the event loop; what is acknowledged of them comes a turn or two later. */
export async function append(hosts: ModelHosts, plans: readonly BatchPlan[]): Promise<void> {
  const requests = plans.flatMap((plan) => requestsOf(hosts, plan));
  const outcomes = await answered(hosts, requests);
  for (const [at, outcome] of outcomes.entries()) {
    expect(outcome.kind).toBe("appended");
    acknowledged(hosts, requests[at] as Request, outcome);
  }
  for (const room of hosts.rooms) room.account();
  await hosts.acknowledgeWhatIsDue();
}

/** The host dies so many turns after the requests came, with or without an answer. */
export async function appendAndCrash(
  hosts: ModelHosts,
  plans: readonly BatchPlan[],
  turns: number,
): Promise<void> {
  const requests = plans.flatMap((plan) => requestsOf(hosts, plan));
  for (const request of requests) {
    const { core } = hosts.host(request.host);
    void core.append(request.batch).then((outcome) => acknowledged(hosts, request, outcome));
    if (isKeyed(request)) hosts.keyed.push(request);
  }
  await dieAfter(hosts, turns);
}

/**
 * A producer sends one of its last requests again, with or without having had an answer; and another one with its key (INV-6).
 */
export async function retry(hosts: ModelHosts, back = 0): Promise<void> {
  const request = hosts.keyed.at(-1 - back);
  if (request === undefined) return;
  if (request.placement !== hosts.placement) {
    await sendAgain(hosts, request, partsOf(hosts, request));
    return hosts.acknowledgeWhatIsDue();
  }
  const [again] = await sendAgain(hosts, request, [request]);
  const counts = again?.counts ?? expect.fail("a retry has no answer");
  // What has moved since may be said to be further on than it is.
  for (const [at, count] of hosts.disks.isMoving ? [] : counts.entries()) {
    const { symbol } = request.batch.rooms[at] as { symbol: SymbolName };
    const had = request.first?.counts[at] ?? count;
    if (symbol === MOVED) expect(count).toBeGreaterThanOrEqual(had);
    else expect(count).toBe(had);
  }
  request.first ??= again ?? null;
  await hosts.acknowledgeWhatIsDue();
}

/** The hosts die so many turns after a request was sent again: some may have taken their parts, and some not. */
export async function retryAndCrash(hosts: ModelHosts, back: number, turns: number): Promise<void> {
  const request = hosts.keyed.at(-1 - back);
  if (request === undefined) return;
  const isNew = isNowhere(request);
  const before = appendedOf(hosts);
  const parts = partsOf(hosts, request);
  if (isNew) {
    // From here on each part is there or not for itself.
    for (const part of parts) {
      part.posted = { appended: 0 };
      post(hosts, part);
    }
    hosts.keyed.splice(hosts.keyed.indexOf(request), 1, ...parts);
  }
  for (const part of parts) void hosts.host(part.host).core.append(part.batch);
  await dieAfter(hosts, turns);
  if (!isNew) expect(appendedOf(hosts)).toEqual(before);
}

/** One for each host that has some of the plan's symbols. */
function requestsOf(hosts: ModelHosts, plan: BatchPlan): Request[] {
  const { events, rooms } = hosts.producer.make(plan);
  const idempotency = { key: `key ${hosts.producer.made}`, fingerprint: "a body" };
  const { placement } = hosts;
  const byHost = Map.groupBy(rooms, ({ symbol }) => hostOf(symbol, placement));
  return Array.from(byHost, ([host, own]) => {
    const batch: HostBatch = {
      ...{ rooms: own, holder: "model", correlationId: "model" },
      ...(plan.keyed && { idempotency }),
    };
    const request: Request = {
      ...{ host, batch, placement, posted: { appended: 0 }, first: null },
      events: new Map(own.map(({ symbol }) => [symbol, events.get(symbol) ?? []])),
    };
    post(hosts, request);
    return request;
  });
}

/** A request was one to a host by the settings of then, and by those of now it may be several. */
function partsOf({ placement }: ModelHosts, request: KeyedRequest): KeyedRequest[] {
  const byHost = Map.groupBy(request.batch.rooms, ({ symbol }) => hostOf(symbol, placement));
  return Array.from(byHost, ([host, rooms]) => {
    const events = new Map(
      rooms.map(({ symbol }) => [symbol, request.events.get(symbol) ?? []] as const),
    );
    const batch = { ...request.batch, rooms };
    return { ...request, ...{ host, batch, events, placement } };
  });
}

/** Its `parts` are sent again, and each once more with another body (INV-6). Their answers, by place. */
async function sendAgain(
  hosts: ModelHosts,
  request: KeyedRequest,
  parts: readonly KeyedRequest[],
): Promise<Answered[]> {
  const isNew = isNowhere(request);
  const before = appendedOf(hosts);
  if (isNew) post(hosts, request);
  const { key } = request.batch.idempotency;
  const others = parts.map((part) => {
    const idempotency = { key, fingerprint: "another body" };
    return { ...part, batch: { ...part.batch, idempotency } };
  });
  const answers: Answered[] = [];
  const outcomes = await answered(hosts, [...parts, ...others], (at, outcome) => {
    const part = parts[at];
    if (part === undefined) return;
    // What has no place yet may get it behind this answer.
    if ("cursors" in outcome) answers[at] = answerOf(hosts, request, part, outcome.cursors);
  });
  for (const room of hosts.rooms) room.account();
  for (const [at, { kind }] of outcomes.entries()) {
    if (at >= parts.length) expect(kind).toBe("key_reused");
    // One that brought nothing but trades seen before may be in the log by its key alone.
    else if (request.posted.appended > 0) expect(kind).toBe(isNew ? "appended" : "repeated");
    else expect(["appended", "repeated"]).toContain(kind);
  }
  if (!isNew) expect(appendedOf(hosts)).toEqual(before);
  return answers;
}

/** The answer to a request, or to a part of it, that is sent again: it names what the first one did, as long as that is there. */
function answerOf(
  hosts: ModelHosts,
  request: KeyedRequest,
  part: KeyedRequest,
  cursors: readonly Cursor[],
): Answered {
  const { prunedThrough } = hosts.host(request.host);
  for (const [at, { symbol }] of part.batch.rooms.entries()) {
    const cursor = cursors[at] ?? expect.fail("a part has no cursor");
    const last = request.events.get(symbol)?.findLast(isAlone);
    const place = last === undefined ? null : hosts.room(symbol).placeOf(last);
    if (place === null) continue;
    expect(cursor).toBeGreaterThanOrEqual(place);
    const nth = request.batch.rooms.findIndex((room) => room.symbol === symbol);
    const first = request.first?.cursors[nth];
    const isThere = first !== undefined && place <= first && place > prunedThrough;
    if (isThere) expect(cursor).toBe(first);
  }
  return { cursors, counts: countsOf(hosts, part, cursors) };
}

/** `heard`: called as soon as each is answered. */
function answered(
  hosts: ModelHosts,
  requests: readonly Request[],
  heard: (at: number, outcome: HostOutcome) => void = () => undefined,
): Promise<HostOutcome[]> {
  const outcomes = requests.map(async ({ host, batch }, at) => {
    const outcome = await hosts.host(host).core.append(batch);
    heard(at, outcome);
    return outcome;
  });
  return hosts.time.untilTurned(Promise.all(outcomes));
}

function acknowledged(hosts: ModelHosts, request: Request, outcome: HostOutcome): void {
  if (outcome.kind !== "appended" || !isKeyed(request)) return;
  const { cursors } = outcome;
  request.first = { cursors, counts: countsOf(hosts, request, cursors) };
  if (!hosts.keyed.includes(request)) hosts.keyed.push(request);
}

function countsOf(hosts: ModelHosts, { host, batch }: Request, cursors: readonly Cursor[]) {
  expect(cursors.length).toBe(batch.rooms.length);
  return batch.rooms.map(({ symbol }, at) => {
    const log = hosts.disks.logOf(host, symbol);
    return hosts.room(symbol).countThrough(log, cursors[at] ?? (0 as Cursor));
  });
}

async function dieAfter(hosts: ModelHosts, turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await hosts.time.turn();
  await hosts.crash();
  for (const room of hosts.rooms) room.account();
}

function post(hosts: ModelHosts, { posted, events }: Request): void {
  for (const [symbol, own] of events) hosts.room(symbol).post(posted, own);
}

/** Events of each room that are in a log. */
function appendedOf(hosts: ModelHosts): number[] {
  return Array.from(hosts.rooms, ({ appended }) => appended);
}

/** It has no answer, and nothing of it is in a log. */
function isNowhere({ first, posted }: Request): boolean {
  return first === null && posted.appended === 0;
}

/** Is the event like no other, so that where it is tells where its request is? */
function isAlone(event: TapeEvent): boolean {
  return event.kind === "metric" || event.kind === "position";
}

function isKeyed(request: Request): request is KeyedRequest {
  return request.batch.idempotency !== undefined;
}

import { CLOSE_CODES } from "../../src/protocol/socket/close-codes.ts";
import { eventsSchema } from "../../src/protocol/socket/server-message.ts";
import { later, numbers, push, pushPoints, valuesOf } from "./asking.ts";
import { equals, holds, parsed } from "./expectation.ts";
import type { Check, Server } from "./server.ts";
import { open, Viewer } from "./viewer.ts";

/** So much may go beyond the window, in bytes: what was on its way when it was full, two messages (SPEC E-3). */
export const BEYOND_BYTES = 128 * 1_024;
/** Points of a kilobyte each: more than two windows. */
export const WIDE_POINTS = 2_700;
const WIDE_BATCH = 900;

export const flow: readonly Check[] = [
  { rule: "F-1", run: windowOfAViewer },
  { rule: "F-1", takesS: 80, run: fullWindow },
  { rule: "F-2", run: acksOfTheUnsent },
  { rule: "H-1", run: pings },
  { rule: "H-2", takesS: 30, run: silence },
  { rule: "M-1", run: goodMessages },
  { rule: "M-2", run: badMessages },
  { rule: "INV-5", run: slowAmongOthers },
];

/** Pushes 2.7 MB of points with the values 0, 1, ... */
export async function pushWide(server: Server, symbol: string): Promise<void> {
  const labels = Object.fromEntries(numbers(0, 4).map((at) => [`label${at}`, "x".repeat(200)]));
  for (let first = 0; first < WIDE_POINTS; first += WIDE_BATCH) {
    const batch = numbers(first, WIDE_BATCH).map((value) => ({
      ...{ symbol, metric: "wide", value, labels },
    }));
    await push(server, "metrics", batch);
  }
}

/** What a viewer is sent until the room has nothing more to say, which its answer to garbage shows. */
async function readAll(viewer: Viewer) {
  viewer.send("anything more?");
  const values: number[] = [];
  let bytes = 0;
  let cursor: number | null = null;
  for (;;) {
    const text = await viewer.nextText();
    const { type } = JSON.parse(text === "pong" ? '{"type":"pong"}' : text) as { type: string };
    if (type === "error") return { values, bytes, cursor };
    if (type !== "events") continue;
    const message = parsed("events", eventsSchema, text);
    bytes += text.length;
    cursor = message.cursor;
    values.push(...valuesOf(message.events));
  }
}

async function windowOfAViewer(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await pushWide(server, symbol);
  const viewer = await Viewer.join(server, symbol, 0);
  const { window } = await viewer.expect("hello");
  let read = await readAll(viewer);
  const values = [...read.values];
  const most = 2 * window + BEYOND_BYTES;
  holds(
    `${window} to ${most} bytes without an ack`,
    read.bytes >= window && read.bytes <= most,
    read.bytes,
  );
  equals("and nothing more:", (await readAll(viewer)).bytes, 0);
  for (let acks = 0; acks < 20 && read.cursor !== null && values.length < WIDE_POINTS; acks += 1) {
    viewer.ack(read.cursor);
    read = await readAll(viewer);
    holds(`${most} bytes at most after an ack`, read.bytes <= most, read.bytes);
    values.push(...read.values);
  }
  equals("acked, it gets every event once and in order:", values, numbers(0, WIDE_POINTS));
}

async function fullWindow(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await pushWide(server, symbol);
  const viewer = await Viewer.join(server, symbol, 0);
  await viewer.closedWith(CLOSE_CODES.unacknowledged.code, 100_000);
}

async function acksOfTheUnsent(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const head = await pushPoints(server, symbol, 1);
  const unsent = await Viewer.live(server, symbol);
  unsent.ack(head + 3_600_000_000);
  await unsent.closedWith(CLOSE_CODES.acknowledgedUnsent.code);
  for (const since of [head, head + 3_600_000_000]) {
    const viewer = await Viewer.live(server, symbol, since);
    viewer.ack(since);
    viewer.send("still here?");
    await viewer.expect("error");
    viewer.ack(since + 1);
    await viewer.closedWith(CLOSE_CODES.acknowledgedUnsent.code);
  }
}

async function pings(server: Server): Promise<void> {
  const viewer = new Viewer(await open(server, server.newSymbol(), 0), server.clock, true);
  await viewer.until("caught_up");
  viewer.send("ping");
  equals("ping answered", await viewer.nextText(), "pong");
}

async function silence(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await pushPoints(server, symbol, 1);
  const silent = new Viewer(await open(server, symbol, 0), server.clock, true);
  const pinging = await Viewer.live(server, symbol);
  await silent.closedWith(CLOSE_CODES.silent.code, 40_000);
  await pushPoints(server, symbol, 2);
  equals("who pings stays:", valuesOf((await pinging.expect("events")).events), [2]);
}

async function goodMessages(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const head = await pushPoints(server, symbol, 1);
  const viewer = await Viewer.live(server, symbol);
  viewer.ack(head);
  viewer.send("ping");
  await pushPoints(server, symbol, 2);
  equals("no word but the next events:", valuesOf((await viewer.expect("events")).events), [2]);
}

async function badMessages(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await pushPoints(server, symbol, 1);
  const viewer = await Viewer.live(server, symbol);
  const bad = [
    "garbage",
    "5",
    '{"type":"shout"}',
    '{"type":"ack"}',
    '{"type":"ack","cursor":-1}',
    '{"type":"ack","cursor":1,"x":1}',
    new Uint8Array([1, 2, 3]),
  ];
  for (const data of bad) {
    viewer.send(data);
    equals(`${data} answered`, (await viewer.expect("error")).code, "bad_message");
  }
  await pushPoints(server, symbol, 2);
  equals("the socket stays:", valuesOf((await viewer.expect("events")).events), [2]);
}

async function slowAmongOthers(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await push(server, "metrics", { symbol, metric: "m", value: -1 });
  const slow = await Viewer.live(server, symbol, "now");
  const others = [
    await Viewer.live(server, symbol, "now"),
    await Viewer.live(server, symbol, "now"),
  ];
  const reading = others.map((viewer) => later(viewer.valuesTo(WIDE_POINTS - 1)));
  await pushWide(server, symbol);
  for (const { values } of await Promise.all(reading)) {
    equals("others get every event:", values, numbers(0, WIDE_POINTS));
  }
  const seen: number[] = [];
  let isTold = false;
  while ((seen.at(-1) ?? -1) < WIDE_POINTS - 1) {
    const message = await slow.next();
    if (message.type === "gap") isTold = true;
    if (message.type !== "events") continue;
    seen.push(...valuesOf(message.events));
    slow.ack(message.cursor);
  }
  if (!isTold) equals("the slow one gets every event:", seen, numbers(0, WIDE_POINTS));
}

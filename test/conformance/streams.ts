import type { LatestMessage } from "../../src/protocol/streams/server-message.ts";
import { numbers, push, pushPoints, pushTo, refusal, valuesOf } from "./asking.ts";
import { equals, holds } from "./expectation.ts";
import { BEYOND_BYTES, pushWide, WIDE_POINTS } from "./flow.ts";
import type { Check, Server } from "./server.ts";
import { StreamViewer, streamPath } from "./stream-viewer.ts";

/** Answers of a stream that is asked whether there is more. */
const ANSWERS = 5;

/** One socket over many rooms (SPEC, Streams). */
export const streams: readonly Check[] = [
  { rule: "ST-1", run: refusedStreams },
  { rule: "ST-2", run: welcome },
  { rule: "ST-3", run: roomsOfAStream },
  { rule: "ST-4", run: changes },
  { rule: "ST-5", run: patterns },
  { rule: "ST-6", run: windowOfAStream },
  { rule: "ST-8", run: badToken },
  { rule: "ST-9", run: channels },
  { rule: "ST-10", run: lastValues },
  { rule: "ST-10", run: skippedValues },
];

async function refusedStreams(server: Server): Promise<void> {
  for (const [what, query] of [
    ["another mode", { mode: "some" }],
    ["no channel", { channels: "prices" }],
    ["a rate of zero", { mode: "latest", hz: "0" }],
    ["a rate of 21", { mode: "latest", hz: "21" }],
    ["another packing", { mode: "latest", compress: "gzip" }],
    ["packing of every event", { compress: "deflate-raw" }],
    ["501 symbols", { symbols: numbers(0, 501).map(String).join(",") }],
  ] as const) {
    const answer = await server.connect(streamPath(query));
    holds(`${what} refused by HTTP`, answer.kind === "refused", answer.kind);
    refusal(what, answer, 400);
  }
}

async function welcome(server: Server): Promise<void> {
  const stream = await StreamViewer.open(server, { mode: "latest", hz: "4", channels: "trade" });
  const { type, ...told } = await stream.next();
  equals("the first word", type, "welcome");
  const { mode, hz, channels: kinds, most_symbols } = told as Record<string, unknown>;
  equals(
    "what it says",
    { mode, hz, kinds, most_symbols },
    {
      ...{ mode: "latest", hz: 4, kinds: ["trade"], most_symbols: 500 },
    },
  );
  const symbol = server.newSymbol();
  stream.say({ type: "subscribe", symbols: [symbol] });
  equals("and no other", (await stream.next()).type, "subscribed");
}

async function roomsOfAStream(server: Server): Promise<void> {
  const [one, two] = [server.newSymbol(), server.newSymbol()];
  const first = await pushPoints(server, one, 0);
  const head = await pushPoints(server, one, 1, 3);
  const stream = await StreamViewer.open(server, { symbols: two });
  stream.say({ type: "subscribe", symbols: [{ symbol: one, since: first }] });
  const hello = await stream.find("hello", one);
  equals("the room's own cursor", [hello.room, hello.cursor], [one, head]);
  equals("what came after the cursor", await stream.values(one, 3), [1, 2, 3]);
  const { replayed, complete } = await stream.find("caught_up", one);
  equals("replayed, and complete", [replayed, complete], [3, true]);
  await stream.find("caught_up", two);
  await pushPoints(server, two, 7, 2);
  await pushPoints(server, one, 4);
  equals("live of one room", await stream.values(two, 2), [7, 8]);
  equals("and of the other", await stream.values(one, 1), [4]);
}

async function changes(server: Server): Promise<void> {
  const [one, two] = [server.newSymbol(), server.newSymbol()];
  const stream = await StreamViewer.open(server, { symbols: one });
  await stream.find("caught_up", one);
  stream.say({ type: "subscribe", id: "a", symbols: [one, two] });
  const again = await stream.find("error");
  equals(
    "an error of what is watched",
    [again.symbol, again.code, again.id],
    [...[one, "already_subscribed", "a"]],
  );
  const taken = await stream.find("subscribed", undefined);
  holds("the stream's first answer", taken.symbols.length > 0, taken);
  await stream.find("caught_up", two);
  stream.say({ type: "unsubscribe", id: 5, symbols: [one] });
  equals("what is let go of", (await stream.find("unsubscribed")).symbols, [one]);
  await pushPoints(server, one, 1);
  await pushPoints(server, two, 2);
  equals("the other goes on", await stream.values(two, 1), [2]);
  stream.say({ type: "unsubscribe", id: 6, symbols: [one] });
  // Whatever of it was sent came before.
  const gone = await stream.find("error", one);
  equals("and the first says nothing", [gone.code, gone.id], ["not_subscribed", 6]);
}

async function patterns(server: Server): Promise<void> {
  const base = `${server.newSymbol()}.`;
  await pushPoints(server, `${base}a`, 1);
  const stream = await StreamViewer.open(server, { symbols: `${base}*` });
  equals("the pattern", (await stream.find("subscribed")).patterns, [`${base}*`]);
  await stream.find("caught_up", `${base}a`);
  await pushPoints(server, `${base}b`, 2, 2);
  equals("one that comes later, from its first event", await stream.values(`${base}b`, 2), [2, 3]);
  stream.say({ type: "unsubscribe", symbols: [`${base}a`] });
  await stream.find("unsubscribed");
  stream.say({ type: "subscribe", symbols: [`${base}a*`] });
  await stream.find("subscribed");
  await pushPoints(server, `${base}a`, 4);
  await pushPoints(server, `${base}b`, 5);
  equals("and goes on", await stream.values(`${base}b`, 1), [5]);
  stream.say({ type: "unsubscribe", id: 1, symbols: [`${base}a`] });
  equals("nothing brings one back", (await stream.find("error")).code, "not_subscribed");
}

async function windowOfAStream(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await pushWide(server, symbol);
  const stream = await StreamViewer.open(server);
  const { window } = await stream.find("welcome");
  stream.say({ type: "subscribe", symbols: [{ symbol, since: 0 }] });
  await stream.find("hello", symbol);
  const values: number[] = [];
  while (stream.chars < window) values.push(...(await nextValues(stream)));
  // A stream answers beside its replay, so what is on its way is waited for by several answers.
  for (let answers = 0; answers < ANSWERS; answers += 1) {
    stream.say("anything more?");
    for (let message = await stream.next(); message.type !== "error"; ) {
      if (message.type === "events") values.push(...valuesOf(message.events));
      message = await stream.next();
    }
  }
  const most = 2 * window + BEYOND_BYTES;
  holds(`at most ${most} characters without an ack`, stream.chars <= most, stream.chars);
  holds("and so not everything", values.length < WIDE_POINTS, values.length);
  while (values.length < WIDE_POINTS) {
    stream.say({ type: "ack", messages: stream.received });
    values.push(...(await nextValues(stream)));
  }
  equals("acked, every event comes once and in order", values, numbers(0, WIDE_POINTS));
}

/** Values of the next message, where it has any. */
async function nextValues(stream: StreamViewer): Promise<number[]> {
  const message = await stream.next();
  return message.type === "events" ? valuesOf(message.events) : [];
}

async function badToken(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const stream = await StreamViewer.open(server, { symbols: symbol });
  await stream.find("caught_up", symbol);
  stream.say({ type: "token", id: 9, token: "not.a.token" });
  const { code, id } = await stream.find("error");
  equals("a token that is none", [code, id], ["bad_token", 9]);
  await pushPoints(server, symbol, 1);
  equals("and the former one goes on", await stream.values(symbol, 1), [1]);
}

async function channels(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await push(server, "metrics", { symbol, metric: "load", value: 1 });
  const stream = await StreamViewer.open(server, {
    ...{ symbols: symbol, channels: "trade,metric:cpu*" },
  });
  equals("no other metric", (await stream.find("snapshot", symbol)).metrics, []);
  await stream.find("caught_up", symbol);
  await push(server, "metrics", [
    { symbol, metric: "load", value: 2 },
    { symbol, metric: "cpu_user", value: 3 },
  ]);
  await push(server, "positions", { symbol, quantity: 4 });
  const head = await pushTo(server, symbol, "trades", { symbol, price: 5, size: 1 });
  const kinds: string[] = [];
  for (let cursor = 0; cursor < head; ) {
    const message = await stream.find("events", symbol);
    cursor = message.cursor;
    kinds.push(...message.events.map((each) => (each.kind === "metric" ? each.metric : each.kind)));
  }
  equals("these kinds alone", kinds, ["cpu_user", "trade"]);
}

/** The newest of each key that a stream of last values has told of. */
function newestOf(messages: readonly LatestMessage[], symbol: string): Map<string, number> {
  const newest = new Map<string, number>();
  for (const { rooms } of messages) {
    for (const room of rooms) {
      if (room.symbol !== symbol) continue;
      if (room.whole) newest.clear();
      for (const event of room.events) {
        if (event.kind === "metric") newest.set(event.metric, event.value);
        if (event.kind === "trade") newest.set("trade", event.price);
        if (event.kind === "position") newest.set("position", event.quantity);
      }
    }
  }
  return newest;
}

async function lastValues(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await push(server, "metrics", { symbol, metric: "load", value: 1 });
  await push(server, "positions", { symbol, quantity: 2 });
  const stream = await StreamViewer.open(server, { mode: "latest", hz: "20", symbols: symbol });
  const messages = [await stream.find("latest")];
  holds("a room that begins whole", messages[0]?.rooms[0]?.whole === true, messages[0]);
  const head = await pushTo(server, symbol, "trades", { symbol, price: 3, size: 1 });
  await push(server, "metrics", { symbol, metric: "load", value: 4 });
  const isTold = () => newestOf(messages, symbol).get("load") === 4;
  while (!isTold()) messages.push(await stream.find("latest"));
  equals("the last value of each key", Object.fromEntries(newestOf(messages, symbol)), {
    ...{ load: 4, position: 2, trade: 3 },
  });
  const bars = messages.flatMap(({ rooms }) => rooms.flatMap((room) => room.bars ?? []));
  holds("the growing bar where a trade came", bars.at(-1)?.close === 3, bars);
  const cursors = messages.flatMap(({ rooms }) => rooms.map(({ cursor }) => cursor));
  holds(`a cursor of ${head} or later`, (cursors.at(-1) ?? 0) >= head, cursors);
  stream.say({ type: "subscribe", symbols: [{ symbol: server.newSymbol(), since: 0 }] });
  equals("no since here", (await stream.find("error")).code, "bad_message");
}

async function skippedValues(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await pushPoints(server, symbol, 0);
  const stream = await StreamViewer.open(server, { mode: "latest", hz: "1", symbols: symbol });
  await stream.find("latest");
  const startMs = server.clock.nowMs();
  const count = 200;
  for (let first = 1; first <= count; first += 20) await pushPoints(server, symbol, first, 20);
  let told = 0;
  let texts = 0;
  for (let last = 0; last < count; texts += 1) {
    const message = await stream.find("latest");
    const values = message.rooms.flatMap(({ events }) => valuesOf(events));
    told += message.skipped + values.length;
    last = values.at(-1) ?? last;
  }
  equals("values and what was skipped", told, count);
  const most = (server.clock.nowMs() - startMs) / 1_000 + 2;
  holds(`at most ${most} messages at one a second`, texts <= most, texts);
}

import { separate } from "../../src/protocol/events/frame.ts";
import {
  eventsOf,
  numbers,
  points,
  poll,
  post,
  push,
  pushPoints,
  refusal,
  valuesOf,
  wordsOf,
} from "./asking.ts";
import { equals, holds } from "./expectation.ts";
import type { Check, Server } from "./server.ts";
import { Viewer } from "./viewer.ts";

/** Clocks of this machine and the server's may differ by what I-5 allows a `ts` to be ahead. */
const CLOCKS_DIFFER_US = 600_000_000;

export const cursors: readonly Check[] = [
  { rule: "C-1", run: cursorsGrow },
  { rule: "C-2", run: cursorOfAnotherLog },
  { rule: "C-3", run: sinceInAllForms },
  { rule: "C-4", run: eventsHavePlaces },
  { rule: "C-5", run: symbols },
];

async function cursorsGrow(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const given: number[] = [];
  for (const value of numbers(0, 10)) given.push(await pushPoints(server, symbol, value));
  const sorted = [...new Set(given)].sort((a, b) => a - b);
  equals("cursors that grow with each push:", given, sorted);
  const aheadUs = (given.at(-1) ?? 0) - server.clock.nowMs() * 1_000;
  holds("microseconds of now", Math.abs(aheadUs) < CLOCKS_DIFFER_US, given.at(-1));
}

async function cursorOfAnotherLog(server: Server): Promise<void> {
  const [one, other] = [server.newSymbol(), server.newSymbol()];
  await pushPoints(server, other, 0, 2);
  await server.clock.sleep(20);
  const cursor = await pushPoints(server, one, 0);
  await server.clock.sleep(20);
  await pushPoints(server, other, 10, 3);
  const { events } = await poll(server, other, cursor);
  equals("the events after the cursor of another log:", valuesOf(events), [10, 11, 12]);
}

async function sinceInAllForms(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const before = new Date(server.clock.nowMs() - 60_000).toISOString();
  const first = await pushPoints(server, symbol, 1, 2);
  const head = await pushPoints(server, symbol, 3);
  const replayed = async (since: number | string) => {
    const viewer = await Viewer.join(server, symbol, since);
    const messages = await viewer.until("caught_up");
    return messages.flatMap((each) => (each.type === "events" ? valuesOf(each.events) : []));
  };
  equals("since=0 replays", await replayed(0), [1, 2, 3]);
  equals("since=CURSOR replays", await replayed(first), [3]);
  equals("since=TIME replays", await replayed(before), [1, 2, 3]);
  const ahead = await Viewer.join(server, symbol, head + 3_600_000_000);
  equals("a since ahead is told the head", (await ahead.expect("hello")).cursor, head);
  const { replayed: count, cursor } = await ahead.expect("caught_up");
  equals("a since ahead has caught up with", [count, cursor], [0, head]);
}

async function eventsHavePlaces(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const trade = { symbol, price: 9, size: 1, ts: Math.floor(server.clock.nowMs()) * 1_000 };
  await push(server, "trades", [trade, trade]);
  await push(server, "trades", trade);
  const frames = separate(await poll(server, symbol, 0));
  const places = frames.flatMap(({ cursor, events }) => events.map((_, at) => `${cursor} ${at}`));
  equals("different places of three equal trades:", new Set(places).size, 3);
}

async function symbols(server: Server): Promise<void> {
  const base = server.newSymbol();
  const good = [
    `${base}/USD:USD`,
    `^${base}=F`,
    `${base}  240119C`,
    `ÄΩ漢-${base}`,
    `&!+@#$~*(${base})`,
  ];
  for (const symbol of good) {
    await push(server, "metrics", points(server, symbol, 1));
    equals(`the event of ${symbol}`, valuesOf(await eventsOf(server, symbol)), [1]);
    const viewer = await Viewer.join(server, symbol);
    equals("the room", (await viewer.expect("hello")).room, symbol);
  }
  const bad = [
    "",
    "*",
    ".",
    "..",
    "__proto__",
    `${base} `,
    "a".repeat(65),
    "漢".repeat(67),
    `${base}      x`,
    `${base}%`,
  ];
  for (const symbol of bad) {
    const answer = await post(server, "metrics", { symbol, metric: "m", value: 1 });
    refusal(`the symbol ${JSON.stringify(symbol)}`, answer, 422);
  }
  const decomposed = `E\u0301-${base}`;
  const told = refusal(
    "a symbol that is not in the form C",
    await post(server, "metrics", { symbol: decomposed, metric: "m", value: 1 }),
    422,
  );
  holds("its form C told", wordsOf(told).includes(decomposed.normalize("NFC").toLowerCase()), told);
}

import { historyAnswerSchema, seriesAnswerSchema } from "../../src/protocol/answers/answers.ts";
import { separate } from "../../src/protocol/events/frame.ts";
import {
  later,
  numbers,
  poll,
  push,
  pushPoints,
  read,
  refusal,
  valuesOf,
  wordsOf,
} from "./asking.ts";
import { equals, holds } from "./expectation.ts";
import type { Check, Server } from "./server.ts";

export const polling: readonly Check[] = [
  { rule: "Q-1", run: polls },
  { rule: "Q-1", takesS: 2, run: longPolls },
  { rule: "Q-3", run: times },
];

async function polls(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  for (const first of [0, 30, 60, 90]) await pushPoints(server, symbol, first, 30);
  const all = await poll(server, symbol, 0);
  const ends = separate(all).map(({ cursor }) => cursor);
  equals("whole, and complete", [valuesOf(all.events), all.complete], [numbers(0, 120), true]);
  const seen: number[] = [];
  let since = 0;
  for (let polled = 0; polled < 10 && seen.length < 120; polled += 1) {
    const { events, cursor } = await poll(server, symbol, since, "&limit=40");
    holds("at least a frame where there is any", events.length > 0, events.length);
    holds("about 40 events", events.length <= 40 + 50, events.length);
    holds("a cursor at the end of a frame", ends.includes(cursor), cursor);
    seen.push(...valuesOf(events));
    since = cursor;
  }
  equals("page after page every event once:", seen, numbers(0, 120));
  const one = await poll(server, symbol, 0, "&limit=1");
  holds("one frame for a limit of 1", one.events.length >= 1, one.events.length);
}

async function longPolls(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const head = await pushPoints(server, symbol, 1);
  const startMs = server.clock.nowMs();
  const empty = await poll(server, symbol, head, "&wait=1");
  const ms = server.clock.nowMs() - startMs;
  equals("nothing after the head:", [empty.events, empty.cursor], [[], head]);
  holds("an empty answer after a second", ms >= 900, `${ms} ms`);
  const waiting = later(poll(server, symbol, head, "&wait=20"));
  await pushPoints(server, symbol, 2);
  equals("what comes meanwhile:", valuesOf((await waiting).events), [2]);
  const unknown = server.newSymbol();
  const expected = later(poll(server, unknown, 0, "&wait=20"));
  await server.clock.sleep(200);
  await pushPoints(server, unknown, 3);
  equals("of a symbol to come:", valuesOf((await expected).events), [3]);
  const long = await server.http(`/api/rooms/${symbol}/events?since=0&wait=31`);
  refusal("a wait of 31 s", long, 400);
}

async function times(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const ts = 1_600_000_000_000_000;
  const point = { symbol, metric: "m", value: 1 };
  const batch = [
    { ...point, ts },
    { ...point, ts: ts + 1_000_000 },
    { ...point, ts: ts + 86_400_000_000 },
  ];
  await push(server, "metrics", batch, { query: "?wait=stored" });
  const countOf = async (range: string) => {
    const path = `/api/series?metric=m&symbol=${symbol}&step=raw&${range}`;
    const { series } = await read(server, seriesAnswerSchema, path);
    return series.reduce((sum, each) => sum + each.ts.length, 0);
  };
  // 1600000000 is 2020-09-13T12:26:40Z.
  const ranges: [string, number][] = [
    ["from=0", 3],
    ["from=2020-09-13T12:26:40Z&to=2020-09-13T12:26:41Z", 1],
    ["from=2020-09-13T14:26:40%2B02:00&to=2020-09-14", 2],
    ["from=2020-09-13T12:26:41&to=2020-09-14", 1],
    ["from=2020-09-13&to=2020-09-15", 3],
    [`from=${ts}&to=${ts + 1}`, 1],
    ["from=1600000000&to=1600000002&precision=s", 2],
    ["from=now-52w&to=now", 0],
    ["from=0&to=2999-01-01", 3],
  ];
  for (const [range, count] of ranges) equals(`points of ${range}:`, await countOf(range), count);
  const path = `/api/series?metric=m&symbol=${symbol}&from=2020-09-13T14:26:40+02:00`;
  const told = refusal("a + that came as a space", await server.http(path), 400);
  holds("the + told", /%2b|\+/.test(wordsOf(told)), told);
  for (const from of ["yesterday", "now-6x", "2020-02-30"]) {
    const answer = await server.http(`/api/series?metric=m&symbol=${symbol}&from=${from}`);
    refusal(`from=${from}`, answer, 400);
  }
  await push(server, "trades", { symbol, price: 1, size: 1 });
  const history = `/api/history/${symbol}?interval=1m&from=now-6h&to=2999-01-01`;
  const { bars } = await read(server, historyAnswerSchema, history);
  equals("bars up to a to that lies ahead:", bars.length, 1);
}

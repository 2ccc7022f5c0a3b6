import {
  historyAnswerSchema,
  metricNamesAnswerSchema,
  type PositionsAnswer,
  positionsAnswerSchema,
  seriesAnswerSchema,
  symbolsAnswerSchema,
} from "../../src/protocol/answers/answers.ts";
import {
  gzip,
  minuteUs,
  numbers,
  points,
  push,
  pushPoints,
  read,
  refusal,
  refusalOf,
  valuesOf,
} from "./asking.ts";
import { equals, holds, NotSeen } from "./expectation.ts";
import type { Check, Server } from "./server.ts";
import { Viewer } from "./viewer.ts";

const STORED = { query: "?wait=stored" };

/** What is read, and by whom (SPEC, Access; Reading). */
export const reading: readonly Check[] = [
  { rule: "A-1", run: withoutToken },
  { rule: "A-6", run: foreignPages },
  { rule: "A-9", run: headers },
  { rule: "R-1", run: unknownSymbols },
  { rule: "R-1", run: pages },
  { rule: "R-2", run: exactRanges },
  { rule: "R-3", run: truncation },
  { rule: "INV-9", run: laterWins },
  { rule: "INV-10", run: quietErrors },
];

/** Every route that reads a symbol. */
function routesOf(symbol: string): string[] {
  return [
    `/api/history/${symbol}?interval=1m`,
    `/api/positions/${symbol}`,
    `/api/books/${symbol}`,
    `/api/orders/${symbol}`,
    `/api/orders/${symbol}/latency`,
    `/api/notes/${symbol}`,
    `/api/rooms/${symbol}/events?since=0`,
    `/api/series?metric=m&symbol=${symbol}`,
    `/api/metrics/names?symbol=${symbol}`,
    `/api/export?kind=trade&symbol=${symbol}`,
    `/api/analytics/risk?interval=1d&symbol=${symbol}`,
    `/api/analytics/correlation?interval=1h&symbols=_system,${symbol}`,
    `/api/analytics/attribution?interval=1h&symbols=${symbol}`,
  ];
}

async function withoutToken(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const [body] = points(server, symbol, 1);
  const request = {
    ...{ method: "POST" as const, body: JSON.stringify(body) },
    headers: { "content-type": "application/json" },
  };
  for (const token of [null, "not.a.token"]) {
    const answer = await server.http("/api/metrics", { ...request, token });
    refusal(`a push with the token ${token}`, answer, 401);
    const { status } = await server.http(`/api/rooms/${symbol}/events?since=0`);
    equals("nothing of it taken:", status, 404);
  }
  const known = server.newSymbol();
  await push(server, "metrics", { symbol: known, metric: "m", value: 1 });
  for (const path of ["/api/symbols", ...routesOf(known).slice(0, 6)]) {
    refusal(`${path} with a bad token`, await server.http(path, { token: "not.a.token" }), 401);
    const { status } = await server.http(path, { token: null });
    holds(`${path} without a token 401, or open`, status === 401 || status < 300, status);
  }
}

async function foreignPages(server: Server): Promise<void> {
  const open = await server.http("/api/symbols", { token: null });
  if (open.status !== 200) throw new NotSeen("reading needs a token");
  const symbol = server.newSymbol();
  const origin = { origin: "https://elsewhere.example" };
  const [body] = points(server, symbol, 1);
  const push = await server.http("/api/metrics", {
    ...{ method: "POST", body: JSON.stringify(body) },
    headers: { "content-type": "application/json", ...origin },
  });
  refusal("a push of a foreign page", push, 403);
  const socket = await server.connect(`/ws/${symbol}`, { headers: origin, token: null });
  holds("a socket of a foreign page refused", socket.kind === "refused", socket.kind);
  refusal("a socket of a foreign page", socket, 403);
}

async function headers(server: Server): Promise<void> {
  for (const path of ["/", "/healthz", "/api/symbols", "/api/nowhere"]) {
    const { headers: told } = await server.http(path);
    const policy = told.get("content-security-policy") ?? "";
    holds(`${path}: frame-ancestors 'none'`, policy.includes("frame-ancestors 'none'"), policy);
    equals(`${path}:`, told.get("x-content-type-options"), "nosniff");
    equals(`${path}:`, told.get("referrer-policy"), "no-referrer");
  }
}

async function unknownSymbols(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  for (const path of routesOf(symbol)) {
    refusalOf(path, await server.http(path), 404, "unknown-symbol");
  }
  const waiting = await Viewer.live(server, symbol);
  const listed = async () => {
    const { symbols } = await read(server, symbolsAnswerSchema, "/api/symbols");
    return symbols.map((each) => each.symbol as string);
  };
  holds("nothing left behind", !(await listed()).includes(symbol), symbol);
  await pushPoints(server, symbol, 1);
  const { values } = await waiting.valuesTo(1);
  equals("who waited gets what comes:", values, [1]);
  holds("listed when pushed", (await listed()).includes(symbol), symbol);
  const system = await server.http("/api/metrics/names?symbol=_system");
  equals("_system is always there:", system.status, 200);
}

async function pages(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const accounts = ["a", "b", "c", "d", "e"];
  await push(
    server,
    "positions",
    accounts.map((account) => ({ symbol, account, quantity: 1 })),
  );
  const held: unknown[] = [];
  let after: string | undefined = "";
  for (let page = 0; after !== undefined && page < 5; page += 1) {
    const from: string = after === "" ? "" : `&after=${encodeURIComponent(after)}`;
    const path = `/api/positions/${symbol}?limit=2${from}`;
    const answer: PositionsAnswer = await read(server, positionsAnswerSchema, path);
    equals("how many there are in all", answer.accounts, 5);
    equals("truncated where there is a next page", answer.truncated, answer.next !== undefined);
    held.push(...answer.positions.map(({ account }) => account));
    after = answer.next;
  }
  equals("page after page by account:", held, accounts);
  await push(
    server,
    "metrics",
    accounts.map((metric) => ({ symbol, metric, value: 1 })),
  );
  const path = `/api/metrics/names?symbol=${symbol}&limit=3`;
  const names = await read(server, metricNamesAnswerSchema, path);
  const [first, more] = [names.metrics.map(({ metric }) => metric), names.truncated];
  equals("the first names of five", [first, more, names.series], [["a", "b", "c"], true, 5]);
  const next = `${path}&after=${encodeURIComponent(names.next ?? "")}`;
  const rest = await read(server, metricNamesAnswerSchema, next);
  equals(
    "the rest",
    rest.metrics.map(({ metric }) => metric),
    ["d", "e"],
  );
}

async function exactRanges(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const start = 1_577_836_830_000_000;
  const batch = numbers(0, 6).map((at) => ({ symbol, metric: "m", value: at, ts: start + at }));
  await push(server, "metrics", batch, STORED);
  const ask = async (agg: string, step: string) => {
    const range = `from=${start + 2}&to=${start + 5}`;
    const path = `/api/series?metric=m&symbol=${symbol}&${range}&step=${step}${agg}`;
    return (await read(server, seriesAnswerSchema, path)).series[0];
  };
  const raw = await ask("", "raw");
  equals("points in [from, to)", raw?.ts, [start + 2, start + 3, start + 4]);
  const whole = await ask("&agg=count,sum", "3600");
  equals("an hour cut at both ends", [whole?.count, whole?.sum], [[3], [9]]);
  await push(server, "trades", { symbol, price: 1, size: 1, ts: start }, STORED);
  const bars = async (range: string) =>
    (await read(server, historyAnswerSchema, `/api/history/${symbol}?interval=1m&${range}`)).bars;
  const minute = start - 30_000_000;
  equals(
    "a bar that begins in the range",
    (await bars(`from=${minute}&to=${minute + 1}`)).length,
    1,
  );
  equals("and none that began before", (await bars(`from=${minute + 1}&to=${start}`)).length, 0);
}

async function truncation(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const minute = minuteUs(server, 100);
  const trades = numbers(0, 5).map((at) => ({
    ...{ symbol, price: at + 1, size: 1 },
    ts: minute + at * 60_000_000,
  }));
  await push(server, "trades", trades, STORED);
  const path = `/api/history/${symbol}?interval=1m&limit=2`;
  const closes: number[] = [];
  let to: number | undefined;
  for (let page = 0; page < 5; page += 1) {
    const query: string = to === undefined ? path : `${path}&to=${to}`;
    const answer = await read(server, historyAnswerSchema, query);
    closes.unshift(...answer.bars.map(({ close }) => close));
    equals("next where it is truncated", answer.truncated === true, answer.next !== undefined);
    to = answer.next;
    if (to === undefined) break;
  }
  equals("page before page every bar:", closes, [1, 2, 3, 4, 5]);
  const start = 1_577_836_800_000_000;
  const many = numbers(0, 10_001).map((value) => ({
    symbol,
    metric: "m",
    value,
    ts: start + value,
  }));
  const zipped = await gzip(JSON.stringify(many));
  await push(server, "metrics", zipped, { ...STORED, headers: { "content-encoding": "gzip" } });
  const series = `/api/series?metric=m&symbol=${symbol}&step=raw&from=${start}`;
  const newest = await read(server, seriesAnswerSchema, series);
  const [line] = newest.series;
  const ends = [line?.ts.length, line?.last?.[0], newest.truncated];
  equals("the newest 10,000 points", ends, [10_000, 1, true]);
  const rest = await read(server, seriesAnswerSchema, `${series}&to=${newest.next}`);
  equals("and what comes before", rest.series[0]?.last, [0]);
}

async function laterWins(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  const point = { symbol, metric: "m", ts: minuteUs(server, 2) };
  await push(server, "metrics", [
    { ...point, value: 9 },
    { ...point, value: 1 },
  ]);
  await push(server, "metrics", { ...point, value: 2 }, STORED);
  const path = `/api/series?metric=m&symbol=${symbol}&step=60&agg=count,max,last`;
  const [line] = (await read(server, seriesAnswerSchema, path)).series;
  equals("one point, the later", [line?.count, line?.max, line?.last], [[1], [2], [2]]);
  const viewer = await Viewer.join(server, symbol);
  await viewer.expect("hello");
  equals("in snapshot too", valuesOf((await viewer.expect("snapshot")).metrics), [2]);
}

async function quietErrors(server: Server): Promise<void> {
  const refused = [
    await server.http("/api/history/A?interval=7x"),
    await server.http("/api/series?metric='; drop table points; --&symbol=_system&step=x"),
    await server.http("/api/export?kind=nothing"),
    await server.http("/api/metrics", { method: "POST", body: "{" }),
    await server.http("/api/symbols", { token: "not.a.token" }),
  ];
  for (const { status, text } of refused) {
    holds("a refusal of the request", status >= 400 && status < 500, `${status} ${text}`);
    const isQuiet = !/\bat \w+ \(|\.[jt]s:\d|node_modules|postgres:\/\//.test(text);
    holds("no stack and no secret", isQuiet, text);
  }
}

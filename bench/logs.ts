/**
 * `npm run bench:logs -- --url postgres://... [--lines 10] [--rounds 5] [--explain]`: what `GET /api/logs` asks of a server's
 * database with so many million lines, which is made where it is not there, and stays.
 */
import { parseArgs } from "node:util";
import { answerHelp } from "../dev/cli/answer-help.ts";
import type { LogFilter } from "../src/core/logs/log-filter.ts";
import { readSearch } from "../src/core/logs/log-words.ts";
import type { Database, SqlValue } from "../src/db/driver/database.ts";
import { readLogLines } from "../src/db/logs/read-log-lines.ts";
import type { SymbolName } from "../src/protocol/words/symbol.ts";
import type { EpochUs } from "../src/protocol/words/time.ts";
import { figureOf, saidOf } from "./figure.ts";
import { fillLines, SERVICES, WORDS } from "./logs/fill-lines.ts";
import { measureQuery } from "./storage/measure-query.ts";
import { openStorage } from "./storage/storage-database.ts";
import { DAY_US } from "./storage/tape.ts";

answerHelp("npm run bench:logs -- --url postgres://... [--lines 10] [--rounds 5] [--explain]");
const { values: options } = parseArgs({
  options: {
    url: { type: "string" },
    lines: { type: "string", default: "10" },
    rounds: { type: "string", default: "5" },
    explain: { type: "boolean", default: false },
  },
});
if (options.url === undefined) throw new Error("--url is missing");

/** What a page of answers asks for. */
const PAGE = 101;
const GOAL_MS = 100;
const { db, remove } = await openStorage(
  "server",
  options.url,
  `edgetape_bench_logs_${options.lines}`,
);
const [found] = await db.query("select 1 as one from log_lines limit 1", []);
if (found === undefined) await fillLines(db, Number(options.lines) * 1e6);
const [an] = await db.query(
  "select correlation_id from log_lines where correlation_id <> '' and ts < now() - interval '3 days' order by ts desc limit 1",
  [],
);

const nowUs = Date.now() * 1_000;
const all: LogFilter = {
  ...{ symbols: null, service: null, correlationId: null, level: "trace", search: [] },
  ...{ fromUs: 0 as EpochUs, toUs: nowUs as EpochUs, after: null },
};
const SYM7 = { stored: ["SYM7" as SymbolName], has: () => true };
const words = (q: string) => ({ search: readSearch(q) });
const { common, some, rare, needle } = WORDS;
const { large, small } = SERVICES;
const CASES: Readonly<Record<string, Partial<LogFilter>>> = {
  "the newest": {},
  "a correlation id": { correlationId: an?.["correlation_id"] as string },
  "a large service": { service: large },
  "a small service": { service: small },
  "level warn": { level: "warn" },
  "level error": { level: "error" },
  "level fatal": { level: "fatal" },
  "a word of a third": words(common),
  "a word of 5 in 1,000": words(some),
  "a word of 1 in 1,000": words(rare),
  "a word of 2 in 100,000": words(needle),
  "a word of none": words("nowhere"),
  "two words": words(`${common} ${rare}`),
  "a beginning": words("acknow*"),
  "a number of one line": words("o 123456789"),
  "service and level": { service: large, level: "error" },
  "small service and level": { service: small, level: "error" },
  "service and word": { service: large, ...words(common) },
  "small service and word": { service: small, ...words(common) },
  "level and word": { level: "error", ...words(common) },
  "service, level and word": { service: large, level: "error", ...words(common) },
  "service, level and words of few": { service: small, level: "warn", ...words(`${some} binance`) },
  "of one symbol": { symbols: SYM7 },
  "symbol and level": { symbols: SYM7, level: "error" },
  "symbol, service, level and word": {
    ...{ symbols: SYM7, service: large, level: "warn" },
    ...words(common),
  },
  "an hour of 3 days ago": {
    fromUs: (nowUs - 3 * DAY_US) as EpochUs,
    toUs: (nowUs - 3 * DAY_US + DAY_US / 24) as EpochUs,
  },
  "level error up to 3 days ago": { level: "error", toUs: (nowUs - 3 * DAY_US) as EpochUs },
  "word up to 3 days ago": { ...words(rare), toUs: (nowUs - 3 * DAY_US) as EpochUs },
};

/** Says how Postgres does what it is asked. */
function explaining(database: Database): Database {
  return {
    ...database,
    async query(text: string, params: readonly SqlValue[]) {
      const plan = await database.query(`explain (analyze, buffers) ${text}`, params);
      process.stdout.write(`${plan.map((row) => `    ${row["QUERY PLAN"]}\n`).join("")}\n`);
      return database.query(text, params);
    },
  };
}

for (const [name, part] of Object.entries(CASES)) {
  const filter = { ...all, ...part };
  if (options.explain) {
    process.stdout.write(`## ${name}\n`);
    await readLogLines(explaining(db), filter, PAGE);
    continue;
  }
  let statements = 0;
  const counting: Database = {
    ...db,
    query: (text, params) => {
      statements += 1;
      return db.query(text, params);
    },
  };
  const lines = await readLogLines(counting, filter, PAGE);
  const asked = statements;
  const ours = async () => (await readLogLines(db, filter, PAGE)).length;
  const measured = await measureQuery({ what: name, ours }, Number(options.rounds));
  const figure = figureOf(
    1,
    `${name}: ${lines.length} lines, ${asked} statements, p50`,
    "ms",
    measured.ours.p50,
    { atMost: GOAL_MS },
  );
  process.stdout.write(
    `${saidOf(figure)}; p95 ${measured.ours.p95.map((ms) => ms.toFixed(0)).join(" ")}\n`,
  );
}
await remove();
process.exit();

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { askSql } from "../../../dev/sql/ask.ts";
import { metaCommand } from "../../../dev/sql/meta-command.ts";
import { printed } from "../../../dev/sql/print.ts";
import { readBars } from "../../../src/db/bars/read-bars.ts";
import { SeriesIdCache } from "../../../src/db/store/series-ids.ts";
import { storeFrames } from "../../../src/db/store/store-frames.ts";
import type { SymbolName } from "../../../src/protocol/words/symbol.ts";
import { testDatabaseKinds } from "../databases.ts";
import {
  at,
  bookSample,
  cursorAt,
  frame,
  freshSymbol,
  metric,
  position,
  room,
  trade,
} from "../events.ts";
import { type KeptDatabase, keepDatabase } from "../kept-database.ts";

const MINUTE = 60_000_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What people write SQL against, whatever the mode. */
describe.each(testDatabaseKinds())("views on $name", ({ openMigrated }) => {
  let database: KeptDatabase;
  const ids = new SeriesIdCache();

  beforeAll(async () => {
    database = await keepDatabase(await openMigrated());
  });
  afterAll(() => database.close());

  const store = (symbol: SymbolName, ...frames: Parameters<typeof room>[1][]) =>
    storeFrames(database.db, [room(symbol, ...frames)], ids);
  const rows = async (text: string, ...params: string[]) =>
    (await database.db.query(text, params)).map((row) => Object.values(row));
  const ask = (text: string, canWrite = false) =>
    askSql(
      {
        url: `postgres://edgetape:${database.secret}@127.0.0.1/edgetape`,
        endpoint: database.sqlUrl,
        fetch,
      },
      text,
      canWrite,
    );

  it("what Grafana's dashboard and the guide of drills ask runs, as whoever only reads", async () => {
    const dashboard = readFileSync("ops/grafana/edgetape.json", "utf8");
    const panels = Array.from(dashboard.matchAll(/"rawSql": ("(?:[^"\\]|\\.)*")/g), ([, text]) =>
      String(JSON.parse(text ?? ""))
        .replaceAll(/\$__timeFilter\((\w+)\)/g, "$1 between now() - interval '1 hour' and now()")
        .replaceAll("$metric", "m"),
    );
    const guide = readFileSync("docs/guides/drills.md", "utf8");
    const inGuide = Array.from(guide.matchAll(/```sql\n([\s\S]*?)```/g), ([, text]) => text ?? "");
    expect([panels.length, inGuide.length]).toEqual([expect.any(Number), expect.any(Number)]);
    expect(Math.min(panels.length, inGuide.length)).toBeGreaterThan(0);
    for (const text of [...panels, ...inGuide]) {
      expect(text).not.toContain("$");
      expect(await ask(text), text).toMatchObject({ kind: "answer" });
    }
  });

  it("the prompt lists the views that the guide tells of, and no others, each with its columns", async () => {
    const guide = readFileSync("docs/guides/query.md", "utf8");
    const table = guide.split("| view | columns beside |")[1]?.split("\n\n")[0] ?? "";
    const told = new Map<string, string>();
    for (const [, names = "", columns = ""] of table.matchAll(/^\| (`[^|]*) \| (.*) \|$/gm)) {
      for (const [, name = ""] of names.matchAll(/`(\w+)`/g)) told.set(name, columns);
    }
    const asked = metaCommand("\\d", true);
    if (asked.kind !== "statement") throw new Error("it lists none");
    const listed = await rows(asked.text);
    expect(listed.map(([view]) => view)).toEqual([...told.keys()].sort());
    for (const [view, columns] of listed) {
      const words = told.get(String(view)) ?? "";
      const others = Array.from(words.matchAll(/as `(\w+)`/g), ([, name = ""]) => told.get(name));
      const known = ["timestamp", "symbol", ...`${words} ${others.join(" ")}`.split(/[^\w]+/)];
      const names = String(columns)
        .split(", ")
        .map((column) => column.split(" ")[0]);
      expect(
        names.filter((name) => !known.includes(name ?? "")),
        String(view),
      ).toEqual([]);
    }
  });

  it("the seed's statements run: a join of trades to positions by symbol and time, a minute's metrics, buckets", async () => {
    const symbol = freshSymbol();
    const noon = Math.floor(database.clock.nowUs / HOUR) * HOUR - 3 * HOUR;
    await store(
      symbol,
      frame(1, trade(noon, 5, 2, { side: "buy", venue: "x", id: "1" }), position(noon, 2, 5)),
      frame(2, trade(noon + 1, 6, 1), position(noon + 2, 3, 5, "desk")),
      ...[1, 2, 3, 4].map((value) => frame(2 + value, metric("m", noon + value * MINUTE, value))),
      frame(9, metric("m", noon + 5, 10), metric("m", noon + 6, 20), metric("m", noon + 7, 60)),
    );
    await database.keep();
    expect(
      await rows(
        `select t.price, t.size, t.side, t.venue, t.trade_id, p.quantity, p.avg_price, p.account
         from trades t join positions p on t.symbol = p.symbol and t.timestamp = p.timestamp where t.symbol = $1`,
        symbol,
      ),
    ).toEqual([[5, 2, "buy", "x", "1", 2, 5, null]]);
    expect(await rows("select symbol, status, timestamp from orders")).toEqual([]);
    expect(
      await rows(
        `select metric_name, symbol, avg_value, max_value, sample_count, p95_value, p99_value from metrics_1min
         where symbol = $1 order by bucket limit 1`,
        symbol,
      ),
    ).toEqual([["m", symbol, 30, 60, "3", 56, 59.2]]);
    expect(
      await rows(
        `select time_bucket(interval '5 minutes', timestamp)::text, count(*) from trading_metrics
         where symbol = $1 group by 1 order by 1`,
        symbol,
      ),
    ).toEqual([[expect.stringContaining(":00:00+00"), "7"]]);
  });

  it.each([
    ["5 minutes", "2026-01-05 12:07:00+00", "2026-01-05 12:05:00+00"],
    ["1 day", "2025-11-02 23:59:59+00", "2025-11-02 00:00:00+00"],
    ["7 days", "2026-01-04 12:00:00+00", "2025-12-29 00:00:00+00"],
    ["1 week", "1969-12-31 12:00:00+00", "1969-12-29 00:00:00+00"],
    ["3 months", "2026-12-31 23:59:59+00", "2026-10-01 00:00:00+00"],
    ["5 months", "1999-12-31 23:59:59+00", "1999-08-01 00:00:00+00"],
    ["1 year", "1999-12-31 23:59:59+00", "1999-01-01 00:00:00+00"],
  ])(
    "time_bucket of %s at %s begins at %s, as TimescaleDB has it",
    async (width, moment, begins) => {
      const text = "select time_bucket($1::interval, $2::timestamptz) = $3::timestamptz";
      expect(await rows(text, width, moment, begins)).toEqual([[true]]);
    },
  );

  it("bars and metrics have the growing bucket and what is not rolled up yet, as history has", async () => {
    const symbol = freshSymbol();
    const today = Math.floor(database.clock.nowUs / DAY) * DAY;
    const hour = Math.floor(database.clock.nowUs / HOUR) * HOUR;
    const newest = database.clock.nowUs - 1_000_000;
    // Yesterday, this hour's beginning if it is not the newest, and just now; in time also where the hour began a moment ago.
    const times = [...new Set([today - HOUR, Math.min(hour, newest), newest - 1, newest])].sort(
      (a, b) => a - b,
    );
    await store(
      symbol,
      ...times.map((ts, i) => frame(i + 1, trade(ts, i + 1, 1), metric("m", ts, i))),
    );
    for (const isKept of [false, true]) {
      if (isKept) await database.keep();
      for (const interval of ["1m", "1h", "1d"] as const) {
        const bars = await readBars(database.db, {
          ...{ symbol, interval, limit: 10_000, tail: [] },
          ...{ fromUs: at(today - DAY), toUs: at(database.clock.nowUs + DAY) },
          storedThrough: cursorAt(Number.MAX_SAFE_INTEGER),
        });
        const shown = await rows(
          `select (extract(epoch from timestamp) * 1000000)::int8::text, open, high, low, close, volume, trades::int4
           from bars_${interval} where symbol = $1 order by timestamp`,
          symbol,
        );
        // What is late for a rollup is in it when the Keeper has been there.
        if (!isKept) expect(shown.at(-1)?.[4], interval).toEqual(bars.at(-1)?.close);
        else {
          expect(shown, interval).toEqual(
            bars.map((b) => [String(b.ts), b.open, b.high, b.low, b.close, b.volume, b.trades]),
          );
        }
      }
      for (const length of ["1m", "1h"]) {
        const [newestRow] = await rows(
          `select last, max::float8 from metrics_${length} where symbol = $1 order by timestamp desc limit 1`,
          symbol,
        );
        expect(newestRow, length).toEqual([times.length - 1, times.length - 1]);
      }
    }
  });

  it("bars_1m and metrics_1m have minutes that are no longer kept, as long as what they are made of is there", async () => {
    const symbol = freshSymbol();
    const old = Date.UTC(2001, 4, 5, 12) * 1_000;
    await store(symbol, frame(1, trade(old, 5, 1), trade(old + 1, 7, 2), metric("m", old, 3)));
    await database.keep();
    expect(
      await rows("select open, close, volume, trades::int4 from bars_1m where symbol = $1", symbol),
    ).toEqual([[5, 7, 3, 2]]);
    expect(await rows("select avg, count::int4 from metrics_1m where symbol = $1", symbol)).toEqual(
      [[3, 1]],
    );
  });

  it("last_points has the newest point of every series, as trading_metrics has it, wherever that is kept", async () => {
    const symbol = freshSymbol();
    const hour = Math.floor(database.clock.nowUs / HOUR) * HOUR - 5 * HOUR;
    const newest = (metricName: string) =>
      rows(
        "select (extract(epoch from timestamp) * 1000000)::int8::text, value from last_points where symbol = $1 and metric_name = $2",
        ...[symbol, metricName],
      );
    const expected = (metricName: string) =>
      rows(
        `select (extract(epoch from timestamp) * 1000000)::int8::text, value from trading_metrics
         where symbol = $1 and metric_name = $2 order by timestamp desc limit 1`,
        ...[symbol, metricName],
      );
    const steps: [string, Parameters<typeof room>[1]][] = [
      ["new", frame(1, metric("m", hour, 1), metric("m", hour + 2, 2))],
      ["corrected when it is packed", frame(2, metric("m", hour + 2, 3))],
      ["late before it", frame(3, metric("m", hour + 1, 4))],
      ["late behind it, in another hour", frame(4, metric("m", hour + HOUR, 5))],
      ["of the past", frame(5, metric("old", Date.UTC(2001, 4, 5) * 1_000, 6))],
    ];
    for (const [name, stored] of steps) {
      await store(symbol, stored);
      for (const isKept of [false, true]) {
        if (isKept) await database.keep();
        expect(await newest("m"), name).toEqual(await expected("m"));
      }
    }
    expect(await newest("m")).toEqual([[String(hour + HOUR), 5]]);
    expect(await newest("old")).toEqual([[String(Date.UTC(2001, 4, 5) * 1_000), 6]]);
  });

  it("whoever writes into a view is told how to push, and a prompt that reads is told that it does", async () => {
    const symbol = freshSymbol();
    await store(
      symbol,
      frame(1, trade(database.clock.nowUs, 1, 1), bookSample(database.clock.nowUs, [[1, 1]], [])),
    );
    const insert =
      "insert into trading_metrics (timestamp, metric_name, value, symbol) values (now(), 'm', 1, 'X')";
    const written = await ask(insert, true);
    expect(written).toMatchObject({
      kind: "refused",
      error: {
        message: expect.stringContaining('cannot insert into the view "trading_metrics"'),
        hint: expect.stringContaining("POST /api/metrics"),
      },
    });
    for (const [text, route] of [
      [`delete from trades where symbol = '${symbol}'`, "POST /api/trades"],
      [`update trades set price = 2 where symbol = '${symbol}'`, "POST /api/trades"],
      [`delete from order_books where symbol = '${symbol}'`, "POST /api/books"],
      ["insert into last_points (symbol) values ('X')", "POST /api/metrics"],
      ["insert into positions (symbol) values ('X')", "POST /api/positions"],
      ["insert into bars_1d (symbol) values ('X')", "POST /api/bars"],
      ["insert into orders (symbol) values ('X')", "POST /api/orders"],
      ["insert into notes (symbol) values ('X')", "POST /api/notes"],
      ["insert into logs (event) values ('X')", "POST /api/logs"],
      ["insert into alerts (rule) values ('X')", "PUT /api/alerts/rules/NAME"],
    ] as const) {
      const hint = expect.stringContaining(route);
      expect(await ask(text, true), text).toMatchObject({ kind: "refused", error: { hint } });
    }
    const read = await ask(insert);
    expect(printed(insert, read)).toContain("start with --write");
  });

  it("every view that the guide names tells who writes into it", async () => {
    const [, table = ""] = readFileSync("docs/guides/query.md", "utf8").split("| view |");
    const named = Array.from(
      table.split("\n\n")[0]?.matchAll(/^\| (`.*?) \|/gm) ?? [],
      ([, names]) => Array.from(names?.matchAll(/`(\w+)`/g) ?? [], ([, name]) => name),
    ).flat();
    expect(named).toContain("logs");
    const told = await rows(
      "select tgrelid::regclass::text from pg_trigger where tgname = 'refuse_change'",
    );
    expect(told.flat().sort()).toEqual(named.sort());
  });

  it("the prompt prints tables as psql does, and Postgres's own words of what is wrong, with the place", async () => {
    const text = "select 1.5::float8 as n, 'a' as word, null as nothing";
    expect(printed(text, await ask(text))).toBe(
      "  n  | word | nothing\n-----+------+---------\n 1.5 | a    |\n(1 row)\n\n",
    );
    const wrong = "select 1,\n  nothing_such from trades";
    expect(printed(wrong, await ask(wrong))).toBe(
      'ERROR:  column "nothing_such" does not exist\nLINE 2:   nothing_such from trades\n          ^\n',
    );
    // A person may wait as long as he likes, and keeps nobody else waiting.
    expect(await ask("show statement_timeout")).toMatchObject({ answer: { rows: [["0"]] } });
    const own = "select application_name from pg_stat_activity where pid = pg_backend_pid()";
    expect(await ask(own)).toMatchObject({ answer: { rows: [["edgetape-prompt"]] } });
    expect(await ask(own, true)).toMatchObject({
      answer: { rows: [["edgetape-writing-prompt"]] },
    });
    const made = "create table of_my_own (i int)";
    expect(await ask(made)).toMatchObject({ kind: "refused", error: { code: "25006" } });
    expect(printed(made, await ask(made, true))).toBe("CREATE\n");
  });
});

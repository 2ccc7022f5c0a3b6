import { expect } from "vitest";
import { soon } from "../soon.ts";

/*
 * Postgres behind the Neon HTTP protocol, as far as the Writer and the replay use it: rows in memory, at the port that
 * is `fetch`. What the statements mean is tested against real databases (test/contract); here they are known by
 * the table they name.
 */

export interface StoredRow {
  table: string;
  cursor: number;
  ordinal: number;
  cells: Record<string, string | number>;
}

/** Tables of events themselves. */
const EVENT_TABLES = [
  "points",
  "trades_live",
  "position_states",
  "books",
  "order_states",
  "symbol_notes",
  "log_lines",
  "alert_changes",
];

interface Query {
  query: string;
  params: string[];
}

type Column = [name: string, type: number];
const BOOL = 16;
const [INT8, INT2, INT4, TEXT, FLOAT8] = [20, 21, 23, 25, 701];

export class FakeNeon {
  isAway = false;
  /** Its answers have a shape that the driver stumbles over, as after a bug. */
  isStrange = false;
  /** Which database it says it is. */
  identity = "one";
  /** So many reads of a replay fail, as they do where they take too long; all else is answered. */
  failingReplays = 0;
  readonly statements: string[] = [];
  /** How often each has learnt ids. */
  readonly #marks = new Map<string, number>();
  readonly #symbols = new Map<string, number>();
  readonly #series = new Map<
    string,
    { id: number; symbol: string; metric: string; labels: string }
  >();
  readonly #rows = new Map<string, StoredRow>();

  readonly fetch = async (_input: unknown, init?: RequestInit): Promise<Response> => {
    if (this.isAway) return new Response("away", { status: 503 });
    if (this.isStrange) {
      const strange = { fields: [null], rows: [["1"]] };
      const { queries } = JSON.parse(String(init?.body)) as { queries?: unknown[] };
      return Response.json(queries === undefined ? strange : { results: [strange] });
    }
    const body = JSON.parse(String(init?.body)) as Query | { queries: Query[] };
    if ("queries" in body)
      return Response.json({ results: body.queries.map((one) => this.#run(one)) });
    return Response.json(this.#run(body));
  };

  /** Rows of a symbol in the order of its log; posted bars by their time. */
  rowsOf(symbol: string): StoredRow[] {
    const series = new Set(
      [...this.#series.values()].filter((one) => one.symbol === symbol).map(({ id }) => id),
    );
    const symbolId = this.#symbols.get(symbol);
    return [...this.#rows.values()]
      .filter(({ table, cells }) =>
        table === "points"
          ? series.has(Number(cells["series_id"]))
          : cells["symbol_id"] === symbolId,
      )
      .sort((a, b) => a.cursor - b.cursor || a.ordinal - b.ordinal);
  }

  /**
   * Resolves when a symbol has so many rows. It looks again and again, for the rows come with another request's I/O, and
   * the tests' runtime lets no promise of this one be settled there.
   */
  async untilStored(symbol: string, count: number): Promise<StoredRow[]> {
    await soon(() => expect(this.rowsOf(symbol).length).toBeGreaterThanOrEqual(count));
    return this.rowsOf(symbol);
  }

  #run({ query, params }: Query): unknown {
    this.statements.push(query);
    if (isReplay(query) && this.failingReplays > 0) {
      this.failingReplays -= 1;
      throw new Error("it took too long");
    }
    if (query.startsWith("select identity")) return result([["identity", TEXT]], [[this.identity]]);
    if (query === "select 1") return result([], []);
    if (query.includes("insert into posted_bars")) return this.#post(query, params);
    if (query.includes("insert into id_marks")) {
      const [learner = ""] = params;
      const mark = (this.#marks.get(learner) ?? 0) + 1;
      this.#marks.set(learner, mark);
      return result([["mark", INT4]], [[mark]]);
    }
    // Notes and the past come before the table of the events themselves.
    const into = [...query.matchAll(/insert into (\w+)/g)].at(-1)?.[1];
    if (into === undefined) return this.#select(query, params);
    // Ids are those of the database that the statement names.
    const named = /where\s+identity = \$(\d+)/.exec(query)?.[1];
    if (named !== undefined && params[Number(named) - 1] !== this.identity) return stored(null);
    const rows = unnest(query, params);
    for (const row of rows) this.#insert(into, row);
    return named !== undefined ? stored(this.identity) : result([], []);
  }

  #post(query: string, params: string[]): unknown {
    const symbols = elements(params[9] ?? "{}");
    for (const row of unnest(query, params)) {
      const symbol = String(symbols[Number(row["symbol_at"]) - 1]);
      const cells = { ...row, symbol_id: this.#symbols.get(symbol) ?? 0 };
      const [table, cursor] = ["posted_bars", Number(row["ts_us"])];
      const key = `${table} ${cells.symbol_id} ${row["length_s"]} ${cursor}`;
      this.#rows.set(key, { table, cursor, ordinal: 0, cells });
    }
    return result([], []);
  }

  #insert(table: string, row: Record<string, string | number>): void {
    const symbol = String(row["symbol"]);
    if (table === "symbols") {
      if (!this.#symbols.has(symbol)) this.#symbols.set(symbol, this.#symbols.size + 1);
    } else if (table === "series") {
      const [metric, labels] = [String(row["metric"]), String(row["labels_key"])];
      const key = `${symbol} ${metric} ${labels}`;
      if (!this.#series.has(key)) {
        this.#series.set(key, { id: this.#series.size + 1, symbol, metric, labels });
      }
    } else if (EVENT_TABLES.includes(table)) {
      const cells = row;
      const [cursor, ordinal] = [Number(row["cursor"]), Number(row["ordinal"])];
      const owner = row["series_id"] ?? row["symbol_id"];
      this.#rows.set(`${table} ${owner} ${cursor} ${ordinal}`, { table, cursor, ordinal, cells });
    } else if (table !== "order_lives") {
      throw new Error(`no table ${table}`);
    }
  }

  #select(query: string, params: string[]): unknown {
    if (isReplay(query)) return this.#events(params);
    if (query.includes("count(*)::int4 as series")) return result([["series", INT4]], [["1"]]);
    if (query.includes("as bar_us")) return this.#importedPrices(params);
    if (query.includes("max(c.cursor) as cursor")) {
      const [after = "", symbols = "{}"] = params;
      const newest = elements(symbols).flatMap((symbol) => {
        const cursor = this.rowsOf(String(symbol)).at(-1)?.cursor ?? 0;
        return cursor > Number(after) ? [[symbol, cursor]] : [];
      });
      const fields: Column[] = [
        ["symbol", TEXT],
        ["cursor", INT8],
      ];
      return result(fields, newest);
    }
    // Of an earlier life there are the events alone.
    if (
      /cross join lateral|from (order_lives|symbol_notes|alert_changes)|as bucket_us|order by (t\.ts|books\.cursor)/.test(
        query,
      )
    ) {
      return result([], []);
    }
    if (query.includes("from symbols y where")) {
      const ids = [...this.#symbols].map(([symbol, id]) => [id, symbol]);
      return result(
        [
          ["id", INT4],
          ["symbol", TEXT],
        ],
        ids,
      );
    }
    if (query.includes("join series s")) {
      return result(
        [
          ["id", INT4],
          ["symbol", TEXT],
          ["metric", TEXT],
          ["labels_key", TEXT],
        ],
        [...this.#series.values()].map(({ id, symbol, metric, labels }) => [
          id,
          symbol,
          metric,
          labels,
        ]),
      );
    }
    if (query === "select symbol from symbols") {
      return result(
        [["symbol", TEXT]],
        [...this.#symbols.keys()].map((symbol) => [symbol]),
      );
    }
    if (query.startsWith("select symbol from symbols where")) {
      return result(
        [["symbol", TEXT]],
        elements(params[0] ?? "{}")
          .filter((symbol) => this.#symbols.has(String(symbol)))
          .map((symbol) => [symbol]),
      );
    }
    // Every metric is known.
    if (query.includes("select exists")) return result([["is_known", BOOL]], [["t"]]);
    // Queries of a range of time find nothing.
    if (
      /string_agg|as older_us|as gone_before|as set_aside|from wanted|order by (all_trades|books)\.ts/.test(
        query,
      )
    )
      return result([], []);
    throw new Error(`no answer to ${query}`);
  }

  /** Of the newest bar, which here is always one of a day. */
  #importedPrices([symbols = "{}"]: string[]): unknown {
    const rows = elements(symbols).flatMap((symbol) => {
      const bars = this.rowsOf(String(symbol)).filter(({ table }) => table === "posted_bars");
      const [newest, before] = [bars.at(-1), bars.at(-2)];
      if (newest === undefined) return [];
      const { cells, cursor } = newest;
      return [[symbol, cursor, cells["length_s"], cells["close"], before?.cells["close"]]];
    });
    const fields: Column[] = [
      ["symbol", TEXT],
      ["bar_us", INT8],
      ["length_s", INT4],
      ["close", FLOAT8],
      ["before", FLOAT8],
    ];
    return result(fields, rows);
  }

  #events([symbol = "", after = "", upTo = "", limit = ""]: string[]): unknown {
    const names = new Map([...this.#series.values()].map((one) => [one.id, one]));
    const rows = this.rowsOf(symbol)
      .filter(({ cursor }) => cursor > Number(after) && cursor <= Number(upTo))
      .slice(0, Number(limit))
      .map(({ cursor, ordinal, cells }) => {
        const series = names.get(Number(cells["series_id"]));
        const row = {
          ...cells,
          cursor,
          ordinal,
          metric: series?.metric,
          labels_key: series?.labels,
          book: bookText(cells),
          state: stateText(cells),
          note: noteText(cells),
          line: lineText(cells),
          alert: alertText(cells),
        };
        return EVENT_COLUMNS.map(([name]) => row[name as keyof typeof row]);
      });
    return result(EVENT_COLUMNS, rows);
  }
}

/** A statement that reads events for a replay. */
export function isReplay(query: string): boolean {
  return query.includes("s.labels_key, p.value");
}

function stored(identity: string | null): unknown {
  const fields: Column[] = [
    ["set_aside", INT4],
    ["identity", TEXT],
  ];
  return result(fields, [[0, identity]]);
}

/** What a row of `books` is in one text. */
function bookText(cells: StoredRow["cells"]): string | undefined {
  if (cells["bid_prices"] === undefined) return undefined;
  const lists = ["bid_prices", "bid_sizes", "ask_prices", "ask_sizes"].map((name) =>
    elements(String(cells[name])),
  );
  return JSON.stringify([cells["seq"] === "" ? null : cells["seq"], ...lists]);
}

/** The same of a row of `order_states`, whose `ordinal` and numbers are texts here. */
function stateText(cells: StoredRow["cells"]): string | undefined {
  if (cells["order_id"] === undefined) return undefined;
  const numberOf = (name: string) => (cells[name] === "" ? null : Number(cells[name]));
  const textOf = (name: string) => cells[name] || null;
  return JSON.stringify([
    ...[cells["order_id"], numberOf("status"), numberOf("side"), textOf("type")],
    ...["quantity", "price", "filled", "avg_price"].map(numberOf),
    ...[cells["venue"], cells["account"], textOf("correlation_id")],
  ]);
}

/** And of `symbol_notes`. */
function noteText(cells: StoredRow["cells"]): string | undefined {
  if (cells["known_by"] === undefined) return undefined;
  return JSON.stringify([cells["known_by"], cells["level"] || null, cells["text"]]);
}

/** What a row of `alert_changes` is in one text. */
function alertText(cells: StoredRow["cells"]): string | undefined {
  const { rule, series, was, state, value, severity, message } = cells;
  if (rule === undefined) return undefined;
  const number = value === "" || value === null ? null : Number(value);
  return JSON.stringify([
    rule,
    series,
    Number(was),
    Number(state),
    number,
    Number(severity),
    message,
  ]);
}

/** What a row of `log_lines` is in one text. */
function lineText(cells: StoredRow["cells"]): string | undefined {
  const { level, is_cut, service, correlation_id, event, fields } = cells as Record<
    string,
    unknown
  >;
  if (is_cut === undefined) return undefined;
  const rest = { level, cut: is_cut === 1, service, correlation_id, event };
  return JSON.stringify({ ...rest, fields: fields === "" ? null : JSON.parse(String(fields)) });
}

/** Rows of the arrays that a statement unnests, each under the name the statement gives its column. */
function unnest(query: string, params: string[]): Record<string, string | number>[] {
  const [, arrays = "", named = ""] =
    /unnest\(([^)]+)\) (?:with \w+ )?as u \(([^)]+)\)/.exec(query) ?? [];
  const names = named.split(",").map((name) => name.trim());
  const columns = [...arrays.matchAll(/\$(\d+)/g)].map(([, number]) =>
    elements(params[Number(number) - 1] ?? "{}"),
  );
  return (columns[0] ?? []).map((_, at) =>
    Object.fromEntries(names.map((name, column) => [name, columns[column]?.[at] ?? ""])),
  );
}

function elements(array: string): (string | number)[] {
  const inner = array.slice(1, -1);
  return inner === ""
    ? []
    : (JSON.parse(`[${inner.replaceAll("NULL", "null").replaceAll("\n", "\\n")}]`) as (
        | string
        | number
      )[]);
}

/** What replay reads, as `src/db/events/read-frames.ts` names it. A row has null in the columns that are not its kind's. */
const EVENT_COLUMNS: Column[] = [
  ["cursor", INT8],
  ["ordinal", INT2],
  ["ts_us", INT8],
  ["metric", TEXT],
  ["labels_key", TEXT],
  ["value", FLOAT8],
  ["price", FLOAT8],
  ["size", FLOAT8],
  ["side", INT2],
  ["venue", TEXT],
  ["trade_id", TEXT],
  ["quantity", FLOAT8],
  ["avg_price", FLOAT8],
  ["account", TEXT],
  ["book", TEXT],
  ["state", TEXT],
  ["note", TEXT],
  ["line", TEXT],
  ["alert", TEXT],
];

function result(fields: Column[], rows: unknown[][]): unknown {
  return {
    command: "SELECT",
    rowCount: rows.length,
    fields: fields.map(([name, dataTypeID]) => ({ name, dataTypeID })),
    rows: rows.map((row) =>
      row.map((cell) => (cell === null || cell === undefined ? null : String(cell))),
    ),
  };
}

import type { SymbolName } from "../../protocol/words/symbol.ts";
import { askAll } from "../driver/ask.ts";
import type { Database } from "../driver/database.ts";
import { SELECT_IDENTITY } from "../driver/identity.ts";
import { byRequest } from "../driver/requests.ts";
import { rowsOf, texts } from "../driver/rows-of.ts";
import { type Sql, sql } from "../driver/sql.ts";
import { Collisions } from "./collisions.ts";
import { KnownNames } from "./known-names.ts";
import { LabelSpellings } from "./label-spellings.ts";
import { joinSeriesKey, type SeriesName } from "./series-name.ts";

/** Ids kept: about 150 bytes each. */
const SERIES_MAX = 100_000;

/**
 * What a Writer remembers of its database from batch to batch: the ids of the symbols and series it has met, how labels
 * are spelled, and whether batches collide.
 */
export class SeriesIdCache {
  readonly collisions: Collisions;
  readonly names: KnownNames;
  readonly #newIds: () => DatabaseIds;
  #ids: DatabaseIds;

  constructor(
    max = SERIES_MAX,
    newLearner: () => string = () => crypto.randomUUID(),
    collisions = new Collisions(),
  ) {
    this.collisions = collisions;
    const spellings = new LabelSpellings();
    this.names = new KnownNames((labels) => spellings.canonical(labels));
    this.#newIds = () => new DatabaseIds(max, newLearner());
    this.#ids = this.#newIds();
  }

  /** Those of the database that was last spoken to. */
  get ids(): DatabaseIds {
    return this.#ids;
  }

  /** These are of another database than the one that answers; what was learnt of that since stays. */
  forget(ids: DatabaseIds): void {
    if (this.#ids === ids) this.#ids = this.#newIds();
  }
}

/** What every statement with ids in it names: where the database does not know it, its ids are those of others. */
export interface IdsProof {
  /** Of the database. */
  identity: string;
  /** Who has learnt the ids, and how often it had learnt any when it had these: a restore forgets it with the ids. */
  learner: string;
  mark: number;
}

/**
 * Ids of symbols and series in one database. Ids never change in a database, and where it is replaced or restored to a moment
 * before they were made their proof fails; when this is full it is emptied, and the ids are looked up anew.
 */
export class DatabaseIds {
  readonly learner: string;
  /** Null as long as there are no ids. */
  #proof: IdsProof | null = null;
  readonly #symbols = new Map<SymbolName, number>();
  readonly #series = new Map<SymbolName, Map<string, number>>();
  #seriesCount = 0;
  readonly #max: number;

  constructor(max: number, learner: string) {
    this.#max = max;
    this.learner = learner;
  }

  get proof(): IdsProof | null {
    return this.#proof;
  }

  /** More ids have been learnt. @returns false where those are of another database, or of one that has been restored. */
  learnt(identity: string, mark: number): boolean {
    const before = this.#proof;
    if (before !== null && before.identity !== identity) return false;
    // It counts on from what it says: from less where a restore has taken some back.
    if (before !== null && mark <= before.mark) return false;
    this.#proof = { identity, learner: this.learner, mark };
    return true;
  }

  symbolId(symbol: SymbolName): number | undefined {
    return this.#symbols.get(symbol);
  }

  /** `key` as {@link joinSeriesKey} makes it. */
  seriesId(symbol: SymbolName, key: string): number | undefined {
    return this.#series.get(symbol)?.get(key);
  }

  setSymbol(symbol: SymbolName, id: number): void {
    if (this.#symbols.size >= this.#max) this.#symbols.clear();
    this.#symbols.set(symbol, id);
  }

  setSeries(symbol: SymbolName, key: string, id: number): void {
    if (this.#seriesCount >= this.#max) {
      this.#series.clear();
      this.#seriesCount = 0;
    }
    let ofSymbol = this.#series.get(symbol);
    if (ofSymbol === undefined) {
      ofSymbol = new Map();
      this.#series.set(symbol, ofSymbol);
    }
    if (!ofSymbol.has(key)) this.#seriesCount += 1;
    ofSymbol.set(key, id);
  }
}

/** One more time that ids are learnt. It locks the row, so the marks of a learner are committed in their order. */
const countLearnt = (learner: string): Sql => sql`
insert into id_marks (learner, mark) values (${learner}::uuid, 1)
on conflict (learner) do update set mark = id_marks.mark + 1, marked_at = now()
returning mark::int4 as mark`;

/** Makes those symbols that are new. ON CONFLICT alone would burn an id for each that is already there. */
export const insertSymbols = (symbols: readonly SymbolName[]): Sql => sql`
insert into symbols (symbol)
select distinct u.symbol from ${rowsOf("u", { symbol: texts(symbols) })}
where not exists (select from symbols y where y.symbol = u.symbol)
on conflict do nothing`;

const insertSeries = (named: Sql) => sql`
insert into series (symbol_id, metric, labels, labels_key)
select y.id, u.metric, u.labels_key::jsonb, u.labels_key
from ${named}
join symbols y on y.symbol = u.symbol
where not exists (
  select from series s
  where s.symbol_id = y.id and s.metric = u.metric and s.labels_key = u.labels_key)
on conflict do nothing`;

const selectSymbols = (symbols: readonly SymbolName[]) => sql`
select y.id, y.symbol from symbols y where y.symbol = any (${texts(symbols)})`;

const selectSeries = (named: Sql) => sql`
select s.id, y.symbol, s.metric, s.labels_key
from ${named}
join symbols y on y.symbol = u.symbol
join series s on s.symbol_id = y.id and s.metric = u.metric and s.labels_key = u.labels_key`;

/** Upper bound of what one UTF-16 unit of a label becomes: escaped in labels_key, in the array, and in JSON. */
const BYTES_PER_UNIT = 8;
const NAME_BYTES = 200;

/**
 * Gives ids to symbols and series that `ids` does not have, making those that are new; in one round trip, unless
 * their names are very many. Two Writers may do it for the same names at once: the second waits for the first and
 * reads its ids.
 *
 * @returns false where another database answers than the one of these ids, or one that was restored: they are no use then.
 */
export async function resolveIds(
  db: Database,
  ids: DatabaseIds,
  symbols: readonly SymbolName[],
  series: readonly SeriesName[],
  tag?: string,
): Promise<boolean> {
  const sized = [
    ...symbols.map((symbol) => ({ symbol, series: undefined, bytes: NAME_BYTES })),
    ...series.map((one) => ({ symbol: one.symbol, series: one, bytes: seriesBytes(one) })),
  ];
  for (const part of byRequest(sized)) {
    const partSeries = part.flatMap((one) => (one.series === undefined ? [] : [one.series]));
    const partSymbols = [...new Set(part.map(({ symbol }) => symbol))];
    if (!(await resolvePart(db, ids, partSymbols, partSeries, tag))) return false;
  }
  return true;
}

function seriesBytes({ metric, labelsKey }: SeriesName): number {
  return NAME_BYTES + 2 * (metric.length + labelsKey.length) * BYTES_PER_UNIT;
}

async function resolvePart(
  db: Database,
  ids: DatabaseIds,
  symbols: readonly SymbolName[],
  series: readonly SeriesName[],
  tag: string | undefined,
): Promise<boolean> {
  const named = rowsOf("u", {
    symbol: texts(series.map((one) => one.symbol)),
    metric: texts(series.map((one) => one.metric)),
    labels_key: texts(series.map((one) => one.labelsKey)),
  });
  const [[learnt] = [], , , symbolRows = [], seriesRows = [], [state] = []] = await askAll(
    db,
    [
      countLearnt(ids.learner),
      insertSymbols(symbols),
      insertSeries(named),
      selectSymbols(symbols),
      selectSeries(named),
      SELECT_IDENTITY,
    ],
    tag,
  );
  if (!ids.learnt(String(state?.["identity"]), Number(learnt?.["mark"]))) return false;
  for (const row of symbolRows) ids.setSymbol(row["symbol"] as SymbolName, row["id"] as number);
  for (const row of seriesRows) {
    const key = joinSeriesKey(row["metric"] as string, row["labels_key"] as string);
    ids.setSeries(row["symbol"] as SymbolName, key, row["id"] as number);
  }
  return true;
}

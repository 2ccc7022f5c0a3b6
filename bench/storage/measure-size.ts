import type { Measure } from "../figure.ts";
import { spreadOf } from "../statistics.ts";
import { bytesOf } from "./bytes.ts";
import { beginAt, fillPositions, fillTrades, fillYear } from "./fill.ts";
import { keepRollups, packPoints } from "./keep.ts";
import { load } from "./load.ts";
import { measureQuery } from "./measure-query.ts";
import { measureOverHttp } from "./over-http.ts";
import { queriesOf } from "./queries.ts";
import type { StorageDatabase } from "./storage-database.ts";
import { SYMBOLS, type Tape } from "./tape.ts";

/** At least so much of the bare statement's speed. */
const LOAD_RATIO = 0.8;
/** A point takes at most so much on disk. */
const POINT_BYTES = 60;

/** Fills an empty database with a tape. */
export async function measureLoad(
  { db, mode, name }: StorageDatabase,
  tape: Tape,
  how: { rounds: number; measure: Measure },
): Promise<void> {
  const of = `${name}, ${millions(tape.points)} points`;
  await beginAt(db, mode, tape);
  const { stored, bare } = await load(db, tape, how.rounds);
  how.measure(`${of}: stored by the Writer's statement`, "points/s", stored);
  how.measure("  bare: the insert alone, a plain table", "rows/s", bare);
  const ratios = stored.map((rate, round) => rate / (bare[round] ?? Number.NaN));
  how.measure("  ratio, round by round", "x", ratios, { atLeast: LOAD_RATIO });
  const rows = await bytesOf(db, "points");
  const trades = await fillTrades(db, tape);
  const forwardMs = await keepRollups(db, mode);
  how.measure(
    `${of} and ${millions(trades)} trades: rolled up by the Keeper, hour by hour`,
    "events/s",
    [((tape.points + trades) / forwardMs) * 1_000],
  );
  await measureLate({ db, mode }, how.measure);
  const packMs = await packPoints(db, mode);
  await fillPositions(db, tape);
  await fillYear(db, mode, tape.endUs);
  await db.query("analyze", []);
  if (packMs === undefined) return;
  how.measure(`${of}: packed by the Keeper`, "points/s", [(tape.points / packMs) * 1_000]);
  const parts = [await bytesOf(db, "packed_points"), await bytesOf(db, "points")];
  const bytes = parts.reduce((sum, { heap, indexes }) => sum + heap + indexes, 0);
  how.measure(
    `${of}: a point on disk, with indexes, the last day in rows`,
    "bytes",
    [bytes / tape.points],
    { atMost: POINT_BYTES },
  );
  how.measure("  a row of points, with indexes", "bytes", [
    (rows.heap + rows.indexes) / tape.points,
  ]);
  for (const table of ["metrics_1m_live", "metrics_1h_live"]) {
    const { heap, indexes, rows } = await bytesOf(db, table);
    how.measure(`  a row of ${table}, with indexes`, "bytes", [(heap + indexes) / rows]);
  }
}

/** A day of everything once more, as after a backfill: hours that are noted as stale. */
async function measureLate(
  { db, mode }: Pick<StorageDatabase, "db" | "mode">,
  measure: Measure,
): Promise<void> {
  const [row] = await db.query(
    `with noted as (
  insert into stale_points (hour, series_id)
  select hour, s.id from series s cross join generate_series(
    date_bin('1 hour', now() - interval '26 hours', 'epoch'), now() - interval '2 hours', interval '1 hour') hour
  returning hour)
select (select count(*) from noted)::float8 as hours,
  (select count(*) from points where ts >= (select min(hour) from noted) and ts < (select max(hour) from noted) + interval '1 hour')::float8 as points`,
    [],
  );
  const tookMs = await keepRollups(db, mode);
  const points = Number(row?.["points"]);
  measure(
    `  a day of ${SYMBOLS.length * 10} series made anew, ${millions(points)} points`,
    "points/s",
    [(points / tookMs) * 1_000],
  );
}

/** @returns the median of each query by its name, in ms. */
export async function measureQueries(
  database: StorageDatabase,
  tape: Tape,
  how: { rounds: number; measure: Measure },
): Promise<Map<string, number>> {
  const medians = new Map<string, number>();
  const of = `${database.name}, ${millions(tape.points)}`;
  for (const query of await queriesOf(database, tape.endUs)) {
    const { what, atMostMs } = query;
    const { found, ours, byHand } = await measureQuery(query, how.rounds);
    const goal = atMostMs === undefined ? undefined : { atMost: atMostMs };
    how.measure(`${of}: ${what}, p95 (${found} found)`, "ms", ours.p95, goal);
    how.measure("  median", "ms", ours.p50);
    if (byHand !== undefined) {
      how.measure("  by hand on raw rows, p95", "ms", byHand.p95);
      const ratios = ours.p50.map((ms, round) => ms / (byHand.p50[round] ?? Number.NaN));
      how.measure("  ours to by hand, medians", "x", ratios);
    }
    medians.set(what, spreadOf(ours.p50).median);
  }
  const { p50, p95 } = await measureOverHttp(database, tape.endUs, how.rounds);
  how.measure(
    `${of}: /api/series of a day, the step chosen, through the whole product, p95`,
    "ms",
    p95,
  );
  how.measure("  median", "ms", p50);
  return medians;
}

export function millions(count: number): string {
  return `${Number((count / 1e6).toPrecision(2))} M`;
}

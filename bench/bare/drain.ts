import type { ProductTarget } from "../targets/target.ts";

const TABLE = `create table bare_points (
  ts timestamptz not null, value double precision not null, cursor bigint not null,
  series_id integer not null, ordinal smallint not null, primary key (series_id, ts))`;
const INSERT = `insert into bare_points
  select to_timestamp(t / 1000000::float8), v, c, s, o
  from unnest($1::int8[], $2::float8[], $3::int8[], $4::int4[], $5::int2[]) as u (t, v, c, s, o)`;
const SERIES = 200;

/**
 * The peer of the drain: one statement after the other into one table of its own, ready arrays, no conflicts, no Worker;
 * the product idles. Returns rows a second.
 */
export async function measureBareDrain(
  sql: ProductTarget["sql"],
  rows: number,
  seconds: number,
): Promise<number> {
  await sql("drop table if exists bare_points");
  await sql(TABLE);
  let stored = 0;
  let ts = Date.now() * 1_000;
  const startMs = performance.now();
  while (performance.now() - startMs < seconds * 1_000) {
    await sql(INSERT, columns(rows, ts));
    stored += rows;
    ts += rows;
  }
  return stored / ((performance.now() - startMs) / 1_000);
}

/** Sorted by series, as the product does. */
function columns(rows: number, ts: number): string[] {
  const series: number[] = [];
  const times: number[] = [];
  const rowsOfASeries = rows / SERIES;
  for (let index = 0; index < rows; index += 1) {
    series.push(Math.floor(index / rowsOfASeries));
    times.push(ts + index);
  }
  const numbers = (of: (index: number) => number) =>
    `{${series.map((_, index) => of(index)).join(",")}}`;
  return [
    numbers((index) => times[index] ?? 0),
    numbers((index) => 10 + ((index * 7_919) % 9_000) / 100),
    numbers((index) => ts + Math.floor(index / 50)),
    numbers((index) => series[index] ?? 0),
    numbers((index) => index % 50),
  ];
}

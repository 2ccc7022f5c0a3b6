import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnDatabase } from "../../dev/database-process.ts";
import { runSql } from "../targets/product.ts";

const TABLE = `create table bare_points (
  ts timestamptz not null, value double precision not null, cursor bigint not null,
  series_id integer not null, ordinal smallint not null, primary key (series_id, ts))`;
const INSERT = `insert into bare_points
  select to_timestamp(t / 1000000::float8), v, c, s, o
  from unnest($1::int8[], $2::float8[], $3::int8[], $4::int4[], $5::int2[]) as u (t, v, c, s, o)`;
const SERIES = 200;

/**
 * The peer of the drain: one statement after the other into one table, ready arrays, no conflicts, no Worker. Returns
 * rows a second.
 */
export async function measureBareDrain(rows: number, seconds: number): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), "edgetape-bench-drain-"));
  const secret = "bench";
  let endpoint = "";
  const ready = new Promise<void>((resolve, reject) => {
    const projectDir = new URL("../..", import.meta.url).pathname;
    const child = spawnDatabase(
      { projectDir, dataDir, databaseUrl: undefined, secret },
      0,
      (port) => {
        endpoint = `http://127.0.0.1:${port}/sql`;
        resolve();
      },
    );
    child.once("exit", () => reject(new Error("the database process ended")));
    stop = () =>
      new Promise((ended) => {
        child.once("exit", () => ended());
        child.kill("SIGTERM");
      });
  });
  await ready;
  const environment = {
    DATABASE_URL: `postgres://bench:${secret}@127.0.0.1/bench`,
    DATABASE_ENDPOINT: endpoint,
  };
  await runSql(environment, TABLE);
  let stored = 0;
  let ts = Date.now() * 1_000;
  const startMs = performance.now();
  while (performance.now() - startMs < seconds * 1_000) {
    await runSql(environment, INSERT, columns(rows, ts));
    stored += rows;
    ts += rows;
  }
  const rate = stored / ((performance.now() - startMs) / 1_000);
  await stop();
  rmSync(dataDir, { recursive: true, force: true });
  return rate;
}

let stop: () => Promise<void> = async () => {};

/** Sorted by series, as the product does. */
function columns(rows: number, ts: number): string[] {
  const series: number[] = [];
  const times: number[] = [];
  const a_series = rows / SERIES;
  for (let index = 0; index < rows; index += 1) {
    series.push(Math.floor(index / a_series));
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

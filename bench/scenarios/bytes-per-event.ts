import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  type Bench,
  EIGHT_SYMBOLS,
  mustAccept,
  pointsJob,
  type Scenario,
  untilStored,
} from "../bench.ts";
import { wait } from "../targets/target.ts";

export const bytesPerEvent: Scenario = {
  number: 9,
  title: "bytes on disk an event",
  async run(bench: Bench) {
    const product = await bench.startProduct();
    const before = {
      objects: folderBytes(join(product.dataDir, "objects")),
      postgres: await postgresBytes(product),
    };
    const run = mustAccept(
      await bench.posting.run(
        pointsJob(product, {
          symbols: EIGHT_SYMBOLS,
          points: 100,
          connections: 8,
          requestsPerSecond: 400,
          warmupSeconds: 0,
          seconds: bench.quick ? 5 : 20,
        }),
      ),
    );
    await untilStored(product, EIGHT_SYMBOLS);
    await product.sql("checkpoint");
    await wait(3_000);
    const objects = folderBytes(join(product.dataDir, "objects")) - before.objects;
    const postgres = (await postgresBytes(product)) - before.postgres;
    const [[table, index] = []] = await product.sql(
      "select pg_table_size('points'), pg_indexes_size('points')",
    );
    const wal = folderBytes(join(product.dataDir, "postgres", "pg_wal"));
    bench.measure("room logs (SQLite) an event, before pruning", "bytes", [objects / run.points]);
    bench.measure("Postgres an event, tables and indexes", "bytes", [postgres / run.points]);
    bench.measure("  rows of points", "bytes", [Number(table) / run.points]);
    bench.measure("  indexes of points", "bytes", [Number(index) / run.points]);
    bench.measure("  Postgres' write-ahead log, of fixed size whatever is stored", "MB", [
      wal / 1e6,
    ]);
    bench.note(
      `Bytes an event: ${run.points.toLocaleString("en-US")} points with two labels in 200 series.`,
    );
  },
};

async function postgresBytes(product: {
  sql(text: string): Promise<(string | null)[][]>;
}): Promise<number> {
  const [[bytes] = []] = await product.sql("select pg_database_size(current_database())");
  return Number(bytes);
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

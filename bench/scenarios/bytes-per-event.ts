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
    const objectsDir = join(product.dataDir, "objects");
    const before = {
      objects: folderBytes(objectsDir, isTable),
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
    const objects = folderBytes(objectsDir, isTable) - before.objects;
    const postgres = (await postgresBytes(product)) - before.postgres;
    const [[table, index] = []] = await product.sql(
      "select pg_table_size('points'), pg_indexes_size('points')",
    );
    const logWal = folderBytes(objectsDir, (name) => name.endsWith("-wal"));
    const wal = folderBytes(join(product.dataDir, "postgres", "pg_wal"), () => true);
    bench.measure("room logs (SQLite) an event, before pruning", "bytes", [objects / run.points]);
    bench.measure("  their write-ahead logs at the end", "MB", [logWal / 1e6]);
    bench.measure("Postgres an event, tables and indexes", "bytes", [postgres / run.points]);
    bench.measure("  rows of points", "bytes", [Number(table) / run.points]);
    bench.measure("  indexes of points", "bytes", [Number(index) / run.points]);
    bench.measure("  Postgres' write-ahead log at the end", "MB", [wal / 1e6]);
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

function isTable(name: string): boolean {
  return name.endsWith(".sqlite");
}

function folderBytes(folder: string, counts: (name: string) => boolean): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && counts(entry.name))
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

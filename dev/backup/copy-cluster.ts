import { readFileSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { urlOf } from "../database/socket-folder.ts";
import { copyIfThere, filesBelow } from "./files.ts";

/** What of a cluster belongs to the server that runs on it, and what that makes anew. */
const LEFT_OUT =
  /^(postmaster\.(pid|opts)|backup_label.*|(pg_wal|pg_replslot|pg_dynshmem|pg_notify|pg_serial|pg_snapshots|pg_stat_tmp|pg_subtrans)\/.*)$|(^|\/)(pgsql_tmp|pg_internal\.init)/;
/** A server does not start without these. */
const FOLDERS = [
  ...["pg_wal/archive_status", "pg_wal/summaries", "pg_replslot", "pg_dynshmem", "pg_notify"],
  ...["pg_serial", "pg_snapshots", "pg_stat_tmp", "pg_subtrans", "pg_tblspc", "pg_twophase"],
  ...["pg_commit_ts", "pg_stat", "pg_logical/snapshots", "pg_logical/mappings"],
];
/** Its pages are written over without the log knowing. */
const CONTROL = "global/pg_control";
const CONTROL_TRIES = 20;
const WAL_FILE = /^[0-9A-F]{24}$/;

/**
 * Copies the cluster of a server that runs, as pg_basebackup does: its files as they come, and the write-ahead log from before the
 * first of them to behind the last. The copy is that of the moment after `beforeEnd`, to which its first start brings it.
 *
 * @param beforeEnd called when all but the end is copied.
 */
export async function copyCluster(
  cluster: string,
  to: string,
  beforeEnd: () => Promise<void>,
): Promise<void> {
  const client = new pg.Client(urlOf(socketFolderOf(cluster)));
  client.on("error", () => undefined);
  await client.connect();
  try {
    // Keeps the log that is needed, as long as this session lives.
    await client.query("select pg_create_physical_replication_slot($1, true, true)", [
      `edgetape_backup_${process.pid}`,
    ]);
    const begin = await client.query<{ wal: string }>(
      "select pg_walfile_name(pg_backup_start('edgetape', true)) as wal",
    );
    for (const folder of FOLDERS) await mkdir(join(to, folder), { recursive: true, mode: 0o700 });
    for await (const path of filesBelow(cluster)) {
      if (path === CONTROL || LEFT_OUT.test(path)) continue;
      await copyIfThere(join(cluster, path), join(to, path));
    }
    await beforeEnd();
    const end = await client.query<{ wal: string; label: string; spaces: string }>(
      "select pg_walfile_name(lsn) as wal, labelfile as label, spcmapfile as spaces from pg_backup_stop(false)",
    );
    const [first, last] = [begin.rows[0]?.wal ?? "", end.rows[0]?.wal ?? ""];
    for await (const name of filesBelow(join(cluster, "pg_wal"))) {
      if (!WAL_FILE.test(name) || name < first || name > last) continue;
      await copyIfThere(join(cluster, "pg_wal", name), join(to, "pg_wal", name));
    }
    await copyControl(cluster, to);
    await writeFile(join(to, "backup_label"), end.rows[0]?.label ?? "", { mode: 0o600 });
  } finally {
    await client.end();
  }
}

/** A copy that was made while the server wrote it may be half of each: two that are the same are whole. */
async function copyControl(cluster: string, to: string): Promise<void> {
  let before = await readFile(join(cluster, CONTROL));
  for (let tries = 0; tries < CONTROL_TRIES; tries += 1) {
    const again = await readFile(join(cluster, CONTROL));
    if (again.equals(before)) {
      await writeFile(join(to, CONTROL), again, { mode: 0o600 });
      return;
    }
    before = again;
  }
  throw new Error(`${join(cluster, CONTROL)} changes again and again`);
}

/** The fifth line of `postmaster.pid`. */
function socketFolderOf(cluster: string): string {
  try {
    const folder = readFileSync(join(cluster, "postmaster.pid"), "utf8").split("\n")[4];
    if (folder !== undefined && folder !== "") return folder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  throw new Error("the database does not run: look at the log of npm start, and try again");
}

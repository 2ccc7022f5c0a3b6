import type { MemoryWarning } from "../../src/core/limits/memory-warnings.ts";
import type { DatabaseState } from "../../src/db/upkeep/ping.ts";
import type { MemoryState } from "../../src/db/upkeep/read-memory.ts";
import type { Diagnosis } from "./diagnose.ts";

const ADVICE: Record<MemoryWarning, string> = {
  database_over_limit:
    "the database is larger than LIMIT_DATABASE_BYTES: keep less (KEEP_RAW_DAYS), or raise it",
  rollups_stale:
    "many hours wait for their rollups; answers are right meanwhile, but slower. It should become fewer",
  rollups_behind: "rollups stand still although data comes in: look for keeping_failed in the log",
  events_set_aside:
    "events came for hours whose raw data is gone; they count nowhere, for nobody can tell whether they are in the rollups. Look at points_set_aside and trades_set_aside, delete their rows when you have, and raise KEEP_RAW_DAYS beyond the age of what you send again",
  database_replaced:
    "this database has taken the place of another one: rooms have stored again what they hold, and what they did not hold any more is not here. Put a backup back, or say that you know: update tape_state set replaced_since = null",
  session_settings:
    "these settings change answers: npm run migrate -- --url URL gives the role others in this database",
  timescale_old:
    "TimescaleDB before 2.15 gave one wrong daily bar once (2.13.1, why was not found out): update it",
};

/** What the doctor says, and whether all is well. */
export function reportOf(diagnosis: Diagnosis): { text: string; isWell: boolean } {
  const { database } = diagnosis;
  const lines = [
    row("mode", `${database.mode} (${versionsOf(database)})`),
    row("size", bytesOf(database.bytes)),
  ];
  if (diagnosis.kind === "not_set_up") {
    lines.push(row("missing", diagnosis.missing.join(", ")));
    lines.push("", "Not set up: npm run migrate -- --url URL");
    return { text: lines.join("\n"), isWell: false };
  }
  const { memory, sizes, warnings, lagUs } = diagnosis;
  const { points, trades, posted } = memory.staleHours;
  lines.push(
    row("migrations", `${database.migrations.length}, all of them`),
    row("raw from", dayOf(memory.rawFromUs)),
    row(
      "packed to",
      database.mode === "timescale"
        ? "nothing: TimescaleDB compresses them"
        : timeOf(memory.packedThroughUs),
    ),
    row("minutes from", dayOf(memory.minutesFromUs)),
    row("rolled up to", `${timeOf(memory.rolledThroughUs)}, ${durationOf(lagUs)} ago`),
    ...(database.unpinned === null ? [] : [row("settings", database.unpinned)]),
    row("stale hours", `${points} of points, ${trades} of trades, ${posted} of posted bars`),
    row("set aside", `${setAsideOf(memory.setAside)} of closed hours`),
    ...(memory.replacement === null ? [] : [row("replaced", replacedOf(memory.replacement))]),
    "",
    `${"table".padEnd(18)}${"size".padStart(11)}${"rows, about".padStart(15)}${"bytes a row".padStart(13)}`,
  );
  for (const { table, bytes, rows } of sizes.filter((one) => one.rows > 0)) {
    const each = Math.round(bytes / rows);
    lines.push(
      `${table.padEnd(18)}${bytesOf(bytes).padStart(11)}${Math.round(rows).toLocaleString("en").padStart(15)}${String(each).padStart(13)}`,
    );
  }
  lines.push("", ...warnings.map((warning) => `! ${ADVICE[warning]}`));
  if (warnings.length === 0) lines.push(verdictOf(points + trades + posted));
  return { text: lines.join("\n"), isWell: warnings.length === 0 };
}

/** What there is to say where nothing is to be done. */
function verdictOf(staleHours: number): string {
  if (staleHours === 0) return "All is well.";
  const waiting =
    staleHours === 1 ? "1 stale hour waits" : `${staleHours.toLocaleString("en")} stale hours wait`;
  return `${waiting} for rollups. The Keeper of a running product works them off in seconds, or minutes after much late data; while none runs nobody does. Answers are right meanwhile, but slower. All else is well.`;
}

/** Counted up to 10,000 of each. */
function setAsideOf({ points, trades }: { points: number; trades: number }): string {
  const about = (count: number) => (count < 10_000 ? String(count) : "10000 or more");
  return `${about(points)} points and ${about(trades)} trades`;
}

function replacedOf({ sinceUs, rooms, lostTo }: NonNullable<MemoryState["replacement"]>): string {
  const lost =
    lostTo === null ? "nothing is lost" : `what rooms had dropped up to ${timeOf(lostTo)} is lost`;
  return `since ${timeOf(sinceUs)}, ${rooms} rooms store again what they hold; ${lost}`;
}

function versionsOf({ version, timescale }: DatabaseState): string {
  return `Postgres ${version}${timescale === null ? "" : `, TimescaleDB ${timescale}`}`;
}

function row(name: string, text: string): string {
  return `${name.padEnd(14)}${text}`;
}

function timeOf(us: number): string {
  return `${new Date(us / 1_000).toISOString().slice(0, 16)}Z`;
}

function dayOf(us: number): string {
  return new Date(us / 1_000).toISOString().slice(0, 10);
}

function durationOf(us: number): string {
  const minutes = Math.round(us / 60_000_000);
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2_880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} d`;
}

function bytesOf(bytes: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

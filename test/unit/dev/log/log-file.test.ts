import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LogFile } from "../../../../dev/log/log-file.ts";
import { objectLines } from "../../../../dev/log/object-lines.ts";
import { rotation } from "../../../../dev/log/rotation.ts";

let folder: string;
let aside: string;
let nowMs: number;
const files: LogFile[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgetape-log-file-"));
  aside = "";
  nowMs = 1.8e12;
});
afterEach(async () => {
  for (const file of files.splice(0)) await file.close();
  rmSync(folder, { recursive: true });
});

function open(path: string, mostBytes = 1_000_000, mostFiles = 3): LogFile {
  const file = new LogFile(
    { path, mostBytes, mostFiles },
    {
      aside: (text) => {
        aside += text;
      },
      nowMs: () => nowMs,
    },
  );
  files.push(file);
  return file;
}

const linesOf = (text: string) => text.split("\n").slice(0, -1);
const eventsOf = (text: string) => linesOf(text).map((line) => JSON.parse(line).event);

it("renames the oldest first", () => {
  expect(rotation("/l", 3)).toEqual([
    { from: "/l.1", to: "/l.2" },
    { from: "/l", to: "/l.1" },
  ]);
});

it("a full file is put aside, so many are kept, and what was there is gone on with", async () => {
  const path = join(folder, "edgetape.log");
  const before = open(path, 400);
  const line = (at: number) => JSON.stringify({ event: String(at).padStart(40, "0") });
  for (let at = 0; at < 5; at += 1) before.write(line(at));
  await before.flush();
  const file = open(path, 400);
  for (let at = 5; at < 40; at += 1) {
    file.write(line(at));
    await file.flush();
  }
  expect(readdirSync(folder).sort()).toEqual(["edgetape.log", "edgetape.log.1", "edgetape.log.2"]);
  const texts = ["edgetape.log.2", "edgetape.log.1", "edgetape.log"].map((name) =>
    readFileSync(join(folder, name), "utf8"),
  );
  for (const text of texts) expect(text.length).toBeLessThanOrEqual(400);
  const kept = eventsOf(texts.join("")).map(Number);
  expect(kept).toEqual(Array.from(kept, (_, at) => 40 - kept.length + at));
  expect(aside).toBe("");
});

it("a folder that is missing is said once, lines go aside, and the file is written again once it can be", async () => {
  const path = join(folder, "missing", "edgetape.log");
  const file = open(path);
  const write = async (event: string) => {
    file.write(JSON.stringify({ event }));
    await file.flush();
  };
  await write("one");
  await write("two");
  nowMs += 10_000;
  await write("three");
  expect(eventsOf(aside)).toEqual(["log_file_unwritable", "one", "two", "three"]);
  mkdirSync(join(folder, "missing"));
  await write("four");
  expect(existsSync(path)).toBe(false);
  nowMs += 10_000;
  await write("five");
  expect(eventsOf(readFileSync(path, "utf8"))).toEqual(["log_file_written_again", "five"]);
  expect(eventsOf(aside).at(-1)).toBe("four");
});

it.skipIf(!existsSync("/dev/full"))("a full disk is no reason to lose a line", async () => {
  const file = open("/dev/full");
  file.write('{"event":"one"}');
  await file.flush();
  expect(eventsOf(aside)).toEqual(["log_file_unwritable", "one"]);
  expect(aside).toContain("ENOSPC");
});

it("what comes faster than the disk is bounded and counted, and the end writes what waits", async () => {
  const path = join(folder, "edgetape.log");
  const file = open(path, 100_000_000);
  const text = "x".repeat(1_000_000);
  for (let at = 0; at < 12; at += 1) file.write(JSON.stringify({ event: text }));
  await file.flush();
  file.write('{"event":"after"}');
  file.endNow();
  const lines = linesOf(readFileSync(path, "utf8"));
  const leftOut = lines.map((line) => JSON.parse(line)).find(({ count }) => count > 0);
  expect(leftOut).toMatchObject({ event: "lines_left_out", of: "log file" });
  expect(lines.length - 2 + leftOut.count).toBe(12);
  expect(lines.at(-1)).toBe('{"event":"after"}');
});

it("lines become one JSON object each without secrets, and what a process floods is counted", () => {
  const objects = objectLines(() => nowMs);
  const lines = (line: string) => objects(line, { service: "workerd", runtime: 1 });
  expect(lines('{"event":"a","token":"x"}')).toEqual(['{"event":"a","token":"[redacted]"}']);
  expect(lines("")).toEqual([]);
  const [said] = lines('{"half Authorization: Bearer abc');
  expect(JSON.parse(said ?? "")).toEqual({
    ...{ timestamp: new Date(nowMs).toISOString(), level: "warning", event: "process_output" },
    ...{ service: "workerd", runtime: 1, text: '{"half Authorization: [redacted]' },
  });
  const levels = ["a.c++:3: error: x", "*** Received signal #11", "a.c++:3: warning: error"].map(
    (line) => JSON.parse(lines(line)[0] ?? "").level,
  );
  expect(levels).toEqual(["error", "error", "warning"]);
  // What a stop between an object's storage and the runtime's alarms leads to; another word of alarms stays a warning.
  const kinds = [
    "handler canceled with requestScheduledAlarm.; scheduledTime = 1ns",
    "handler canceled.; scheduledTime = 1ns",
    "overdue, running despite AlarmManager mismatch",
  ].map((text) =>
    JSON.parse(
      lines(`workerd/io/actor-sqlite.c++:1051: warning: NOSENTRY SQLite alarm ${text}`)[0] ?? "",
    ),
  );
  expect(kinds).toMatchObject([
    { level: "info", event: "alarm_moved", text: expect.stringContaining("NOSENTRY") },
    { level: "info", event: "alarm_moved" },
    { level: "warning", event: "process_output" },
  ]);
  const flood = Array.from({ length: 200 }, (_, at) => lines(`line ${at}`)).flat();
  expect(flood).toHaveLength(94);
  expect(JSON.parse(flood.at(-1) ?? "").event).toBe("log_flood");
  nowMs += 1_000;
  expect(JSON.parse(lines("next")[0] ?? "")).toMatchObject({ event: "lines_left_out", count: 107 });
  expect(JSON.parse(objects("x", { service: "guard" })[0] ?? "").service).toBe("guard");
});

import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { draftOf, removeAbandoned } from "../../../dev/backup/abandoned.ts";
import { mustBelongToUs } from "../../../dev/backup/files.ts";
import { placeOf } from "../../../dev/backup/host-file.ts";
import { putBack } from "../../../dev/backup/put-back.ts";
import { sqlOf } from "../../../dev/backup/sqlite-port.ts";
import { type BackupDeps, takeBackup } from "../../../dev/backup/take-backup.ts";
import { HostLog, type RoomId } from "../../../durable/host/log/host-log.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";

const FRAME = { text: '{"kind":"point"}', count: 1 };
const HOST = `objects/edgetape-Host/${"ab".repeat(32)}.sqlite`;

let place: string;
let dataDir: string;
let target: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), "edgetape-backup-"));
  dataDir = join(place, "data");
  target = join(place, "saved");
  mkdirSync(join(dataDir, "objects/edgetape-Host"), { recursive: true });
  writeFileSync(join(dataDir, "jwt.secret"), "secret");
});
afterEach(() => rmSync(place, { recursive: true }));

/** A host's log in its file: so many frames of a room, of which what `stored` says was stored. */
function writeHost(frames: number, keptEvents: number): HostLog {
  const database = new DatabaseSync(join(dataDir, HOST));
  database.exec("PRAGMA synchronous = OFF");
  const keeping = { events: keptEvents, bytes: 1e9, recentBytes: 1e6 };
  const log = new HostLog(sqlOf(database), 1_000_000 as EpochUs, () => "log", keeping);
  for (let at = 0; at < frames; at += 1) append(log, at);
  return log;
}

function append(log: HostLog, at: number): void {
  const frames = [FRAME] as never;
  log.append([{ room: 1 as RoomId, frames }], [], (2_000_000 + at) as EpochUs);
}

function storeAll(log: HostLog): void {
  const part = log.outbox({ events: 1e6, bytes: 1e9 }, log.storedThrough, () => true);
  if (part !== null) log.markStored(part);
  log.saveStored();
}

function deps(save: BackupDeps["database"]["save"] = async (_, look) => look()): BackupDeps {
  const now = () => new Date("2026-11-27T00:00:00Z");
  return { dataDir, target, version: "1.2.3", now, database: { kind: "apart", save } };
}

describe("a backup", () => {
  it("says what it is of, and a host that is put back takes nothing to be stored", async () => {
    const log = writeHost(10, 1_000);
    storeAll(log);
    expect(placeOf(join(dataDir, HOST))?.stored).toBe(log.head);
    const manifest = await takeBackup(deps());
    expect(manifest).toMatchObject({ edgetape: "1.2.3", database: "apart", files: 2 });
    const restored = join(place, "restored");
    mkdirSync(restored);
    expect(await putBack(target, restored)).toEqual(manifest);
    expect(readFileSync(join(restored, "jwt.secret"), "utf8")).toBe("secret");
    expect(readdirSync(restored).sort()).toEqual(["jwt.secret", "objects"]);
    const { stored, dropped } = placeOf(join(restored, HOST)) ?? {};
    expect(stored).toBe(dropped);
    expect(placeOf(join(dataDir, HOST))?.stored).toBe(log.head);
  });

  it("is refused, and leaves nothing, where a log was dropped that the database may not have had yet", async () => {
    const log = writeHost(8, 8);
    const refused = takeBackup(
      deps(async (_, look) => {
        await look();
        for (let at = 10; at < 40; at += 1) {
          append(log, at);
          storeAll(log);
          const due = log.prunable;
          if (due !== null) log.prune(due.through);
        }
      }),
    );
    await expect(refused).rejects.toThrow("a host dropped a part of its log");
    expect(readdirSync(place)).toEqual(["data"]);
  });

  it("is not taken over another, nor where its folder would have no parent", async () => {
    mkdirSync(target);
    await expect(takeBackup(deps())).rejects.toThrow("is there already");
    target = join(place, "no/saved");
    await expect(takeBackup(deps())).rejects.toThrow("is not there: make it");
  });

  it("is not put into the data folder, by whatever way that is named", async () => {
    symlinkSync(dataDir, join(place, "link"));
    const inside = ["data/saved", "data/objects/saved", "link/saved", "link/../data/saved"];
    for (const path of inside) {
      target = join(place, path);
      await expect(takeBackup(deps()), path).rejects.toThrow("lies in the data folder");
    }
    dataDir = join(place, "link");
    target = join(place, "data/saved");
    await expect(takeBackup(deps())).rejects.toThrow("name a folder outside of it");
    expect(readdirSync(place).sort()).toEqual(["data", "link"]);
    // Beside it, with a name that begins alike, is well.
    target = join(place, "data-saved");
    await takeBackup(deps());
  });

  it("has what was moved to another disk behind a link, and says where links lead in a circle", async () => {
    writeHost(3, 1_000);
    renameSync(join(dataDir, "objects/edgetape-Host"), join(place, "elsewhere"));
    symlinkSync(join(place, "elsewhere"), join(dataDir, "objects/edgetape-Host"));
    expect(await takeBackup(deps())).toMatchObject({ files: 2 });
    symlinkSync(dataDir, join(dataDir, "objects/round"));
    target = join(place, "again");
    await expect(takeBackup(deps())).rejects.toThrow("lead in a circle");
  });

  it("removes what killed ones have left, by its process's end, and nothing that only looks so", async () => {
    const [own, running, gone] = [41, 42, 43];
    const drafts = [own, running, gone].map((pid) => draftOf(target, pid));
    const other = draftOf(join(place, "other-2026"), gone);
    for (const draft of [...drafts, other]) {
      mkdirSync(join(draft, "data"), { recursive: true });
      writeFileSync(join(draft, "data/jwt.secret"), "secret");
    }
    const notes = join(place, `.notes.partial-${gone}`);
    writeFileSync(notes, "somebody's");
    mkdirSync(join(place, ".files.partial-x/data"), { recursive: true });
    mkdirSync(draftOf(join(place, "empty"), gone));
    const isRunning = (pid: number) => pid !== gone;
    expect(await removeAbandoned(place, { pid: own, isRunning })).toEqual([
      other,
      drafts[0],
      drafts[2],
    ]);
    expect(readdirSync(place).sort()).toEqual([
      `.empty.partial-${gone}`,
      ".files.partial-x",
      `.notes.partial-${gone}`,
      `.saved.partial-${running}`,
      "data",
    ]);
    expect(await removeAbandoned(join(place, "nowhere"), { pid: own, isRunning })).toEqual([]);
  });

  it("leaves nothing where the database could not be saved", async () => {
    const failing = deps(() => Promise.reject(new Error("the command ended with 1")));
    await expect(takeBackup(failing)).rejects.toThrow("ended with 1");
    expect(readdirSync(place)).toEqual(["data"]);
  });
});

describe("a restore", () => {
  it.runIf(process.getuid?.() === 0)(
    "and a backup are the business of whom the folder belongs to",
    () => {
      mustBelongToUs(dataDir);
      mustBelongToUs(join(place, "none"));
      chownSync(dataDir, 12_345, 12_345);
      expect(() => mustBelongToUs(dataDir)).toThrow("belongs to the user 12345");
    },
  );

  it("is refused into a folder with something in it, out of half a backup, and out of what is none", async () => {
    await takeBackup(deps());
    const restored = join(place, "restored");
    mkdirSync(restored);
    await expect(putBack(dataDir, restored)).rejects.toThrow("is no backup");
    writeFileSync(join(restored, "mine"), "");
    await expect(putBack(target, restored)).rejects.toThrow("is not empty");
    expect(readdirSync(restored)).toEqual(["mine"]);
    writeFileSync(join(target, "data/jwt.secret"), "sec");
    rmSync(join(restored, "mine"));
    await expect(putBack(target, restored)).rejects.toThrow("is not whole");
  });

  it("is refused where backup and data folder lie in each other, and removes nothing", async () => {
    await takeBackup(deps());
    const restored = join(place, "restored");
    mkdirSync(join(restored, "restoring"), { recursive: true });
    renameSync(target, join(restored, "saved"));
    await expect(putBack(join(restored, "saved"), restored)).rejects.toThrow("lies in");
    const within = join(restored, "saved/data/new");
    mkdirSync(within);
    await expect(putBack(join(restored, "saved"), within)).rejects.toThrow("lies in");
    expect(readdirSync(restored).sort()).toEqual(["restoring", "saved"]);
  });

  it("that was broken off begins anew", async () => {
    await takeBackup(deps());
    const restored = join(place, "restored");
    mkdirSync(join(restored, "restoring"), { recursive: true });
    writeFileSync(join(restored, "half"), "");
    await putBack(target, restored);
    expect(readdirSync(restored)).toEqual(["jwt.secret"]);
  });
});

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { objectFolder } from "../../../../dev/runtimes/object-folders.ts";
import { objectIdOf } from "../../../../dev/runtimes/object-id.ts";
import {
  hostsAreRearmed,
  mustRearmHosts,
  placeHostFiles,
} from "../../../../dev/runtimes/place-host-files.ts";
import { ownerOfId } from "../../../../src/core/placement/ownership.ts";

const KEY = "edgetape-Host";
const SHARED = [0, 1, 2].map((number) => objectIdOf(KEY, `host-${number}`));
const OWN = ["BTC", "ÄÖ"].map((symbol) => objectIdOf(KEY, `room:${symbol}`));
/** A power cut is what each test makes of it, and syncs take long. */
const DISK = {
  write: writeFileSync,
  move: (from: string, to: string) => renameSync(from, to),
  sync: () => undefined,
};
const SUFFIXES = [".sqlite", ".sqlite-wal"];

describe("the files of hosts, where RUNTIMES changes", () => {
  let dataDir: string;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), "edgetape-place-"));
    mkdirSync(folder(0), { recursive: true });
    for (const id of [...SHARED, ...OWN]) {
      for (const suffix of SUFFIXES) writeFileSync(join(folder(0), id + suffix), id + suffix);
      writeFileSync(join(folder(0), `${id}.sqlite-shm`), "index");
    }
    writeFileSync(join(folder(0), "metadata.sqlite"), "alarms");
    mkdirSync(join(objectFolder(dataDir, 0), "edgetape-Keeper"));
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  const place = (runtimes: number, disk = DISK) => placeHostFiles(dataDir, runtimes, disk);
  const folder = (runtime: number) => join(objectFolder(dataDir, runtime), KEY);
  const ownerOf = (id: string, runtimes: number) =>
    SHARED.includes(id) ? SHARED.indexOf(id) % runtimes : ownerOfId(id, runtimes);

  /** Every host's database and log lie whole in its owner's folder, and nowhere else. */
  function expectPlaced(runtimes: number): void {
    for (const id of [...SHARED, ...OWN]) {
      for (const suffix of SUFFIXES) {
        const at = [0, 1, 2, 3].filter((one) => existsSync(join(folder(one), id + suffix)));
        expect(at).toEqual([ownerOf(id, runtimes)]);
        const path = join(folder(ownerOf(id, runtimes)), id + suffix);
        expect(readFileSync(path, "utf8")).toBe(id + suffix);
      }
    }
    const folders = readdirSync(dataDir).filter((name) => name.startsWith("objects"));
    expect(folders.length).toBeLessThanOrEqual(runtimes);
  }

  it("are named as workerd names them", () => {
    expect(SHARED[0]).toBe("e44916113b13c866bc3f0662eb681f5fe8c2b3c27e75c69cfe4e65fa97b4435e");
    expect(OWN[0]).toBe("1559777708de4dc8439c46cf339590fbde6ff3102f764ab95aaab72bd024c755");
  });

  it("move to their owners' folders and back, and hosts that lost their alarms are to set them anew", () => {
    for (const runtimes of [2, 3, 1]) {
      place(runtimes);
      expectPlaced(runtimes);
      expect(mustRearmHosts(dataDir)).toBe(true);
      expect(existsSync(join(folder(0), "metadata.sqlite"))).toBe(runtimes === 1);
      hostsAreRearmed(dataDir);
      for (let one = 0; one < runtimes; one += 1) {
        writeFileSync(join(folder(one), "metadata.sqlite"), "alarms");
      }
      place(runtimes);
      expect(mustRearmHosts(dataDir)).toBe(false);
    }
    expect(readdirSync(objectFolder(dataDir, 0))).toContain("edgetape-Keeper");
  });

  it.each([2, 3])(
    "are all in their place however often it is ended in the midst of it, now with %d runtimes",
    (runtimes) => {
      for (let ends = 0; ; ends += 1) {
        let left = ends;
        const move: typeof renameSync = (from, to) => {
          if (left === 0) throw new Error("power cut");
          left -= 1;
          renameSync(from, to);
        };
        try {
          place(2, { ...DISK, move });
        } catch {
          expect(mustRearmHosts(dataDir)).toBe(true);
          place(runtimes);
          expectPlaced(runtimes);
          place(1);
          continue;
        }
        expect(ends).toBeGreaterThan(2);
        return;
      }
    },
  );

  it("INV-1 are to set their alarms anew where the file of those alone is lost", () => {
    place(1);
    expect(mustRearmHosts(dataDir)).toBe(false);
    rmSync(join(folder(0), "metadata.sqlite"));
    place(1);
    expect(mustRearmHosts(dataDir)).toBe(true);
  });

  it("stay where they are with one runtime, and nothing is read", () => {
    place(1);
    expect(mustRearmHosts(dataDir)).toBe(false);
    expect(existsSync(join(folder(0), "metadata.sqlite"))).toBe(true);
    expectPlaced(1);
  });

  it("are not moved over others of the same host: the start is refused, and names both", () => {
    place(2);
    hostsAreRearmed(dataDir);
    const double = join(folder(0), `${SHARED[1]}.sqlite`);
    writeFileSync(double, "of an older version");
    expect(() => place(2)).toThrow(`${double} and ${join(folder(1), `${SHARED[1]}.sqlite`)}`);
    expect(readFileSync(double, "utf8")).toBe("of an older version");
    expect(mustRearmHosts(dataDir)).toBe(false);
  });
});

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const UNMOUNT_TRIES = 100;

/**
 * An ext4 in a file, mounted. What the file holds is what the disk was told to keep: data that a program has written and not
 * synced is in the memory of the mounted file system until that writes it. It does so on its own every five minutes only, so
 * nothing but syncs happens while the file is copied.
 */
export class LoopDisk {
  readonly folder: string;
  readonly #own: string;
  readonly #image: string;

  private constructor(own: string) {
    this.#own = own;
    this.#image = join(own, "disk.img");
    this.folder = join(own, "disk");
  }

  /** @param bytes size of the disk. @returns the disk, or why this machine cannot have one. */
  static make(bytes: number): LoopDisk | string {
    const disk = new LoopDisk(mkdtempSync(join(tmpdir(), "edgetape-disk-")));
    try {
      mkdirSync(disk.folder);
      writeFileSync(disk.#image, "");
      truncateSync(disk.#image, bytes);
      run("mkfs.ext4", "-q", disk.#image);
      disk.#mount();
      return disk;
    } catch (error) {
      rmSync(disk.#own, { recursive: true, force: true });
      return String(error).split("\n")[0] ?? "";
    }
  }

  /** Copies the disk as it is now; {@link swap} puts the copy in its place. */
  copy(): void {
    run("cp", "--sparse=always", this.#image, `${this.#image}.copy`);
  }

  /** Throws the mounted disk away, which no process may use any more, and mounts the copy. */
  async swap(): Promise<void> {
    await this.#unmount();
    renameSync(`${this.#image}.copy`, this.#image);
    this.#mount();
  }

  async remove(): Promise<void> {
    await this.#unmount();
    rmSync(this.#own, { recursive: true, force: true });
  }

  /** The kernel closes the files of a process that was killed a little after it counts as gone. */
  async #unmount(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        run("umount", this.folder);
        return;
      } catch (error) {
        if (tries === UNMOUNT_TRIES) throw error;
        await sleep(100);
      }
    }
  }

  #mount(): void {
    run("mount", "-o", "loop,commit=300", this.#image, this.folder);
  }
}

function run(command: string, ...words: string[]): void {
  execFileSync(command, words, { stdio: "pipe" });
}

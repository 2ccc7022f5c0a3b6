import { closeSync, fsyncSync, openSync, writeFileSync } from "node:fs";

/** Writes a new file that only its owner may read, and that a power cut does not empty. */
export function writeDurably(path: string, text: string): void {
  const descriptor = openSync(path, "w", 0o600);
  writeFileSync(descriptor, text);
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** Names that were made, moved or removed in the folder stay so through a power cut from here on. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

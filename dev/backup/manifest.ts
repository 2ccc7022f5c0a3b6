import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

/** What a backup says of itself. */
const manifestSchema = z.object({
  format: z.literal(1),
  /** Of the Edgetape that made it. */
  edgetape: z.string(),
  begunAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  /** Is the database in it, or saved by the command that was given? */
  database: z.enum(["here", "apart"]),
  /** The database that goes with it must have all that it had at this moment. */
  databaseFrom: z.iso.datetime(),
  files: z.int(),
  bytes: z.int(),
});
export type Manifest = z.infer<typeof manifestSchema>;

const MANIFEST = "backup.json";

export function manifestPath(folder: string): string {
  return join(folder, MANIFEST);
}

/** @throws {Error} where the folder is no backup, in words. */
export function readManifest(folder: string): Manifest {
  let text: string;
  try {
    text = readFileSync(manifestPath(folder), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Error(`${folder} is no backup: it has no ${MANIFEST}. npm run backup makes one`);
  }
  const parsed = manifestSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new Error(
    `${manifestPath(folder)} cannot be read (${z.prettifyError(parsed.error)}): an Edgetape as new as the one that made it may`,
  );
}

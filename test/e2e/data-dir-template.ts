import { rmSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { emptyDataDir, startProduct } from "./product.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A data folder that was used once and closed in good order; empty text where that went wrong. */
    dataDirTemplate: string;
  }
}

/** What belongs to one start and not to the next. */
const OWN = ["jwt.secret", "database.secret", "run"];

/**
 * Opens one embedded database before the tests of the product, for each of them to begin with a copy: making one takes
 * seconds of processor time. Should it fail, the tests begin with nothing and say themselves what is wrong.
 */
export default async function setup(project: TestProject): Promise<() => void> {
  const { dataDir, remove } = emptyDataDir();
  try {
    const product = await startProduct({ dataDir });
    await product.stop();
    for (const name of OWN) rmSync(join(dataDir, name), { recursive: true, force: true });
    project.provide("dataDirTemplate", dataDir);
  } catch {
    project.provide("dataDirTemplate", "");
  }
  return remove;
}

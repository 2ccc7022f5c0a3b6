import { existsSync } from "node:fs";
import { join } from "node:path";
import type { WorkerNeeds } from "./wrangler-toml.ts";

/** Classes of the first edition, where each room was an object of its own. */
const CLASSES = ["Room", "Directory"];

/** Did the first edition leave something in a folder of Durable Objects? */
export function hasFirstEdition(objectsDir: string): boolean {
  return CLASSES.some((className) => existsSync(join(objectsDir, `edgetape-${className}`)));
}

/** What the Worker needs where there was no first edition: nothing makes a folder for classes that never had an object. */
export function withoutFirstEdition(needs: WorkerNeeds): WorkerNeeds {
  const durableObjects = needs.durableObjects.filter(
    ({ className }) => !CLASSES.includes(className),
  );
  return { ...needs, durableObjects };
}

import { join } from "node:path";

/** File in which a running product says on which port of loopback its database answers. */
export function portFile(dataDir: string): string {
  return join(dataDir, "run", "database.port");
}

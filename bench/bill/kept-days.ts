import { readFileSync } from "node:fs";
import { deployEnvironments } from "../../dev/deploy/deploy-environment.ts";

const WRANGLER_TOML = new URL("../../wrangler.toml", import.meta.url);

/** How many days raw data is kept where Edgetape is deployed as it comes. */
export function keptRawDays(): number {
  const vars = deployEnvironments(readFileSync(WRANGLER_TOML, "utf8")).get("production")?.vars;
  const days = Number(vars?.["KEEP_RAW_DAYS"]);
  if (Number.isNaN(days)) throw new Error("wrangler.toml does not say KEEP_RAW_DAYS");
  return days;
}

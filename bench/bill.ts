/**
 * `npm run bill [-- --seconds 180] [--port 0] [--keep-raw-days 14]`: starts the product with a meter around its objects, drives the reference load
 * on this machine, and prints what a month of it would cost on Cloudflare and Neon.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { answerHelp } from "../dev/cli/answer-help.ts";
import { billOf, usageTable } from "./bill/bill.ts";
import { keptRawDays } from "./bill/kept-days.ts";
import { measureBill } from "./bill/measure.ts";
import { CLOUDFLARE_HEAP_MB, startMetered } from "./bill/metered-product.ts";
import { REFERENCE_LOAD } from "./bill/reference-load.ts";

const deployedDays = String(keptRawDays());
answerHelp(`npm run bill [-- --seconds 180] [--port 0] [--keep-raw-days ${deployedDays}]`);

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

/** Some alarms of a quiet host. */
const QUIET_S = 60;

const { values: options } = parseArgs({
  options: {
    seconds: { type: "string", default: "180" },
    port: { type: "string", default: "0" },
    "keep-raw-days": { type: "string", default: deployedDays },
  },
});

const dir = mkdtempSync(join(tmpdir(), "edgetape-bill-"));
const product = await startMetered(join(dir, "data"), Number(options.port), CLOUDFLARE_HEAP_MB);
try {
  const loadS = Number(options.seconds);
  const times = { warmS: 4, loadS, settleS: 7, quietS: Math.min(QUIET_S, loadS) };
  const { loaded, quiet } = await measureBill(product, REFERENCE_LOAD, times);
  process.stdout.write(`${usageTable(loaded)}\n${billOf(loaded, Number(options["keep-raw-days"]))}\n
The same viewers while nobody pushes:\n\n${usageTable(quiet)}`);
} finally {
  await product.stop();
  rmSync(dir, { recursive: true, force: true });
}
process.exit();

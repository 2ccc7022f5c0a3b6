import { objectFailureOf } from "../../../src/core/limits/object-failure.ts";
import { isStorageFull } from "../../../src/core/limits/storage-watch.ts";
import { failureOf, lineOf } from "../../../src/db/driver/database-error.ts";
import type { Logger } from "../../../src/telemetry/log.ts";
import type { SearchFailure } from "./earlier-life.ts";

/** What a search for an earlier life failed with. */
export function searchFailureOf(error: unknown): SearchFailure {
  // An object that began anew, or has no room to write, is no bug: it goes on by itself.
  if (isStorageFull(error) || objectFailureOf(error) !== null) return "passing";
  const failure = failureOf(error);
  return failure === null ? "bug" : failure.kind === "refused" ? "refused" : "passing";
}

/** Says it in the log. */
export function logSearchFailure(logger: Logger, symbol: string, error: unknown): void {
  const { level, fields } = lineOf(error);
  // Whoever cannot write down what was before is told of the full disk by the Worker.
  const said = isStorageFull(error) ? "debug" : objectFailureOf(error) ? "warn" : level;
  logger[said]("earlier_life_unread", { symbol, ...fields });
}

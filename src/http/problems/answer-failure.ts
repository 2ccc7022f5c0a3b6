import { shorten } from "../../core/answers/shorten.ts";
import { isUnnamed, objectFailureOf } from "../../core/limits/object-failure.ts";
import { isStorageFull } from "../../core/limits/storage-watch.ts";
import { failureOf } from "../../db/driver/database-error.ts";
import { type Logger, logOf } from "../../telemetry/log.ts";
import { countDatabaseError } from "../../telemetry/metrics.ts";
import type { AppContext } from "../context.ts";
import { CORRELATION_HEADER, MOST_PATH_CHARS } from "../correlation.ts";
import { STORAGE_FULL, storageWatch } from "../limits/storage.ts";
import { databaseFailed } from "./database-problem.ts";
import { OBJECT_FAILED } from "./object-failed.ts";
import { problem } from "./problem.ts";
import { Refusal } from "./refusal.ts";

/** The one answer to whatever a request ended with: a refusal in its own words, and a failure in words that are true of it. */
export async function answerFailure(error: Error, c: AppContext): Promise<Response> {
  if (error instanceof Refusal) return problem(c, error.words);
  if (isStorageFull(error)) {
    storageWatch(c).failed(error.message);
    return problem(c, STORAGE_FULL);
  }
  if (isUnnamed(error) && (await storageWatch(c).explains(error.message))) {
    return problem(c, STORAGE_FULL);
  }
  // Where the settings are wrong the request got no log, and its answer no id.
  const logger = (c.get("logger") as Logger | undefined) ?? logOf("worker", { LOG_LEVEL: "info" });
  c.header(CORRELATION_HEADER, c.get("correlationId"));
  const fields = {
    correlation_id: c.get("correlationId"),
    path: shorten(c.req.path, MOST_PATH_CHARS),
    detail: error.message,
  };
  const failure = failureOf(error);
  countDatabaseError("reader", failure);
  if (failure?.kind === "unavailable") {
    logger.warn("query_failed", { ...fields, why: failure.why });
    return problem(c, databaseFailed(failure.why));
  }
  const objectFailure = objectFailureOf(error);
  if (objectFailure !== null) {
    logger.warn("object_failed", { ...fields, why: objectFailure });
    return problem(c, { ...OBJECT_FAILED[objectFailure], isSaid: true });
  }
  logger.error("request_failed", { ...fields, stack: error.stack });
  return problem(c, {
    status: 500,
    type: "internal",
    title: "Something broke",
    detail: "The server failed. Its log has the cause under this correlation_id.",
  });
}

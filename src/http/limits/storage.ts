import { createMiddleware } from "hono/factory";
import { keysOnTrialAt } from "../../bindings/objects.ts";
import { isUnnamed } from "../../core/limits/object-failure.ts";
import { isStorageFull, StorageWatch } from "../../core/limits/storage-watch.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { type ProblemWords, Refusal } from "../problems/refusal.ts";

const RETRY_S = 5;

/** One an isolate; the request that asks first gives it the means. */
let watch: StorageWatch | null = null;

/** What is known of the disk under the rooms. */
export function storageWatch(c: AppContext): StorageWatch {
  const { env } = c;
  const logger = c.get("logger");
  watch ??= new StorageWatch({
    nowMs: () => Date.now(),
    tryToWrite: async () => {
      try {
        return await keysOnTrialAt(env).canWrite();
      } catch (error) {
        // Whatever else is wrong with that object says nothing of the rooms.
        return !isStorageFull(error) && !isUnnamed(error);
      }
    },
    filled: (detail) =>
      logger.error("storage_full", {
        detail,
        help: "rooms cannot write: pushes are answered 503 until there is room on the disk of DATA_DIR again; nothing acknowledged is lost",
      }),
    hasRoomAgain: () => logger.info("storage_has_room"),
  });
  return watch;
}

/** As far as is known already: nothing is tried for it. */
export function isRoomsDiskFull(): boolean {
  return watch !== null && watch.fullSinceMs !== null;
}

/** What is said while what is pushed cannot be written down (SPEC I-21). */
export const STORAGE_FULL: ProblemWords = {
  status: 503,
  type: "storage-full",
  title: "The disk is full",
  detail:
    "What is pushed cannot be written down: the disk under the rooms has no room left, and its operator has to make some. The batch is not acknowledged; send it again later, with the same Idempotency-Key where it has one. Reading and live streams go on.",
  retryAfterS: RETRY_S,
  isSaid: true,
};

/** For routes whose bodies rooms write down. */
export const needsStorage = createMiddleware<AppEnv>(async (c, next) => {
  if (await storageWatch(c).isFull()) throw new Refusal(STORAGE_FULL);
  return next();
});

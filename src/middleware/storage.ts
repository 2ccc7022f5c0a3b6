import { keysOnTrialAt } from "../bindings/objects.ts";
import { isUnnamed } from "../core/object-failure.ts";
import { isStorageFull, StorageWatch } from "../core/storage-watch.ts";
import type { AppContext } from "./context.ts";
import { problem } from "./problem.ts";

const RETRY_S = 5;

/** One an isolate; the request that asks first gives it the means. */
let watch: StorageWatch | null = null;

/** What is known of the disk under the rooms. */
export function storageWatch(c: AppContext): StorageWatch {
  const { env } = c;
  const log = c.get("log");
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
      log.error("storage_full", {
        detail,
        help: "rooms cannot write: pushes are answered 503 until there is room on the disk of DATA_DIR again; nothing acknowledged is lost",
      }),
    hasRoomAgain: () => log.info("storage_has_room"),
  });
  return watch;
}

/** The answer while what is pushed cannot be written down (SPEC I-21). */
export function storageFull(c: AppContext): Response {
  // One line says it for all requests.
  c.set("isSaid", true);
  return problem(c, {
    status: 503,
    type: "storage-full",
    title: "The disk is full",
    detail:
      "What is pushed cannot be written down: the disk under the rooms has no room left, and its operator has to make some. The batch is not acknowledged; send it again later, with the same Idempotency-Key where it has one. Reading and live streams go on.",
    retryAfterS: RETRY_S,
  });
}

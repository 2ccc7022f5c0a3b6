import type {
  Admission,
  AppendBatch,
  AppendOutcome,
  IdempotentRequest,
} from "../../../src/bindings/room.ts";
import type { EncodedFrame } from "../../../src/core/encode-events.ts";
import type { EpochUs } from "../../../src/protocol/time.ts";
import type { KeyLedger } from "../../keys/key-ledger.ts";
import type { RoomLog } from "../log/log.ts";
import type { BookSampler } from "../state/book-sampler.ts";
import type { SeriesLimit } from "./series-limit.ts";
import type { TradeWindow } from "./trade-window.ts";

export interface AppendDeps {
  log: RoomLog;
  keys: KeyLedger;
  /** Asked for only where a batch has trades with ids, for it may have to be made from the log. */
  tradeWindow: () => TradeWindow;
  books: BookSampler;
  series: SeriesLimit;
  /** 0: no limit. */
  outboxLimitBytes: number;
}

/** What of a call goes into the log. */
interface Taken {
  frames: EncodedFrame[];
  /** The latest moment of its books; null where it has none. */
  bookTs: EpochUs | null;
  /** Series that are new to the room. */
  series: Set<number>;
}

/**
 * Appends the batches of one call as one row: they arrived together, so they share one commit. Synchronous, so that
 * the platform commits everything in it at once (INV-1); each batch has its own outcome.
 */
export function appendBatches(
  deps: AppendDeps,
  batches: readonly AppendBatch[],
  nowUs: EpochUs,
): AppendOutcome[] {
  const taken: Taken = { frames: [], bookTs: null, series: new Set() };
  const keysOfCall = new Map<string, string>();
  const plans = batches.map((batch) => planBatch(deps, batch, taken, keysOfCall));
  if (taken.frames.length > 0) {
    const frames =
      taken.bookTs === null
        ? taken.frames
        : deps.books.withSamples(taken.frames, taken.bookTs, nowUs);
    deps.log.append(frames, nowUs);
    deps.series.keep(taken.series);
  }
  const { head } = deps.log;
  return plans.map((plan, index) => {
    if (plan.kind === "repeats_call") return { kind: "repeated", cursor: head };
    if (plan.kind !== "take") return plan;
    const { idempotency } = batches[index] ?? {};
    if (idempotency !== undefined) deps.keys.record(idempotency, head, nowUs);
    return { kind: "appended", cursor: head };
  });
}

function planBatch(
  deps: AppendDeps,
  batch: AppendBatch,
  taken: Taken,
  keysOfCall: Map<string, string>,
): { kind: "take" } | { kind: "repeats_call" } | Exclude<AppendOutcome, { kind: "appended" }> {
  if (batch.idempotency !== undefined) {
    const { key, fingerprint } = batch.idempotency;
    const earlier = keysOfCall.get(key);
    if (earlier !== undefined) {
      return { kind: earlier === fingerprint ? "repeats_call" : "key_reused" };
    }
    const known = deps.keys.find(key);
    if (known !== null) {
      return known.fingerprint === fingerprint
        ? { kind: "repeated", cursor: known.cursor }
        : { kind: "key_reused" };
    }
  }
  if (batch.admitted !== true) {
    if (isOutboxFull(deps)) return { kind: "full" };
    if (deps.series.isBeyond(batch.series, taken.series)) return { kind: "too_many_series" };
  }
  deps.series.gather(batch.series, taken.series);
  const { frames } =
    batch.tradeKeys === undefined
      ? batch
      : deps.tradeWindow().filter(batch.frames, batch.tradeKeys);
  if (batch.idempotency !== undefined) {
    keysOfCall.set(batch.idempotency.key, batch.idempotency.fingerprint);
  }
  taken.frames.push(...frames);
  if (batch.bookTs !== undefined && batch.bookTs > (taken.bookTs ?? Number.NEGATIVE_INFINITY)) {
    taken.bookTs = batch.bookTs;
  }
  return { kind: "take" };
}

/** What the room would say to a batch with this key and these series now. */
export function admissionOf(
  deps: AppendDeps,
  idempotency: IdempotentRequest | null,
  series?: readonly number[],
): Admission {
  const known = idempotency === null ? null : deps.keys.find(idempotency.key);
  if (known !== null) {
    return known.fingerprint === idempotency?.fingerprint ? "admitted" : "key_reused";
  }
  if (isOutboxFull(deps)) return "full";
  return deps.series.isBeyond(series, new Set()) ? "too_many_series" : "admitted";
}

/** True where the outbox has grown to its limit, and producers have to wait for Postgres. */
function isOutboxFull({ log, outboxLimitBytes }: AppendDeps): boolean {
  return outboxLimitBytes > 0 && log.outboxBytes >= outboxLimitBytes;
}

import type { EncodedFrame } from "../../src/core/encode-events.ts";
import type { Cursor, EpochUs } from "../../src/protocol/time.ts";
import type { KeyLedger } from "./key-ledger.ts";
import type { RoomLog } from "./log.ts";
import type { TradeWindow } from "./trade-window.ts";

/** What one request appends to one room. */
export interface AppendBatch {
  frames: EncodedFrame[];
  tradeKeys?: (string | null)[];
  /** The request's `Idempotency-Key` and a digest of its body. */
  idempotency?: { key: string; fingerprint: string };
  correlationId: string;
}

/** `appended`: durable at `cursor`. `repeated`: the key was seen with this body, nothing changed. */
export type AppendOutcome =
  | { kind: "appended"; cursor: Cursor }
  | { kind: "repeated"; cursor: Cursor }
  | { kind: "key_reused" }
  | { kind: "full"; backlogBytes: number };

export interface AppendDeps {
  log: RoomLog;
  keys: KeyLedger;
  /** Asked for only where a batch has trades with ids, for it may have to be made from the log. */
  tradeWindow: () => TradeWindow;
  outboxLimitBytes: number;
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
  const taken: EncodedFrame[] = [];
  const keysOfCall = new Map<string, string>();
  const plans = batches.map((batch) => planBatch(deps, batch, taken, keysOfCall));
  if (taken.length > 0) deps.log.append(taken, nowUs);
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
  taken: EncodedFrame[],
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
  if (deps.log.outboxBytes >= deps.outboxLimitBytes) {
    return { kind: "full", backlogBytes: deps.log.outboxBytes };
  }
  const { frames } =
    batch.tradeKeys === undefined
      ? batch
      : deps.tradeWindow().filter(batch.frames, batch.tradeKeys);
  if (batch.idempotency !== undefined) {
    keysOfCall.set(batch.idempotency.key, batch.idempotency.fingerprint);
  }
  taken.push(...frames);
  return { kind: "take" };
}

import type { TimeUnit } from "../core/time/timestamp.ts";
import type { EpochUs } from "../protocol/words/time.ts";
import { decodePush, type PushFormat, type Timed } from "./decode-push.ts";
import { type Decoded, MAX_ISSUES, type ParsedBody } from "./decoded.ts";

/** Items validated at a turn of the event loop: some ms, in which everybody else of this thread waits. */
const SLICE_ITEMS = 1_000;

/** `decodePush` of a long body, with a pause after each slice so that others get their turn. */
export async function decodeInSlices<Push extends Timed, Item>(
  body: ParsedBody,
  format: PushFormat<Push, Item>,
  times: { nowUs: EpochUs; unit: TimeUnit | undefined },
  pause: () => Promise<void>,
): Promise<Decoded<Item>> {
  if (body.kind === "unreadable" || body.values.length <= SLICE_ITEMS) {
    return decodePush(body, format, times.nowUs, times.unit);
  }
  const whole: Extract<Decoded<Item>, { kind: "items" }> = { kind: "items", items: [] };
  const wrong: Extract<Decoded<Item>, { kind: "invalid" }> = { kind: "invalid", issues: [] };
  for (let from = 0; from < body.values.length; from += SLICE_ITEMS) {
    if (from > 0) await pause();
    const values = body.values.slice(from, from + SLICE_ITEMS);
    const pathOf = (index: number) => body.pathOf(from + index);
    const slice = decodePush({ kind: "values", values, pathOf }, format, times.nowUs, times.unit);
    if (slice.kind === "unreadable") return slice;
    if (slice.kind === "items") for (const item of slice.items) whole.items.push(item);
    else wrong.issues.push(...slice.issues);
    if (wrong.issues.length >= MAX_ISSUES) break;
  }
  if (wrong.issues.length === 0) return whole;
  return { kind: "invalid", issues: wrong.issues.slice(0, MAX_ISSUES) };
}

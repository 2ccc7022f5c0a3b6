import { type ImportedBar, refuseBucket } from "../core/bars/imported-bar.ts";
import { type BarPush, barPushSchema, readOffsetUs } from "../protocol/events/bar-push.ts";
import type { PushFormat } from "./decode-push.ts";

export const barPush: PushFormat<BarPush, ImportedBar> = {
  // History comes now and then: the schema is quick enough, and Postgres takes longer.
  isPlain: (_): _ is BarPush => false,
  schema: barPushSchema,
  itemOf: ({ symbol, interval, open, high, low, close, volume, trades }, ts) => ({
    symbol,
    interval,
    bar: { ts, open, high, low, close, volume, ...(trades !== undefined && { trades }) },
  }),
  refuseMoment: ({ interval, offset }, ts, nowUs) =>
    refuseBucket(interval, ts, nowUs, offset === undefined ? 0 : (readOffsetUs(offset) ?? 0)),
};

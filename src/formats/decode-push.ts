import type * as z from "zod";
import { shorten } from "../core/answers/shorten.ts";
import { readTimestamp, type TimestampReading, type TimeUnit } from "../core/time/timestamp.ts";
import type { ProblemIssue } from "../protocol/answers/problem.ts";
import type { EpochUs } from "../protocol/words/time.ts";
import { type Decoded, MAX_ISSUES, type ParsedBody } from "./decoded.ts";

/** What every push may say. */
export interface Timed {
  ts?: string | number | undefined;
}

/** What the items of one ingest route are. */
export interface PushFormat<Push extends Timed, Item> {
  isPlain: (value: unknown) => value is Push;
  schema: z.ZodType<Push>;
  itemOf: (push: Push, ts: EpochUs) => Item;
  /** Why its moment will not do, though it is one; null where it will. */
  refuseMoment?: (push: Push, ts: EpochUs, nowUs: EpochUs) => string | null;
}

/**
 * Validates a whole body (SPEC I-1): all of its items, or the first issues of any. No `ts` means `nowUs`; integer times are
 * in `unit`, or microseconds where it is not said.
 */
export function decodePush<Push extends Timed, Item>(
  body: ParsedBody,
  format: PushFormat<Push, Item>,
  nowUs: EpochUs,
  unit?: TimeUnit,
): Decoded<Item> {
  if (body.kind === "unreadable") return body;
  if (body.values.length === 0) {
    return { kind: "unreadable", detail: "The batch is empty: send at least one item." };
  }
  const items: Item[] = [];
  const issues: ProblemIssue[] = [];
  const refuse = (issue: ProblemIssue) => {
    if (issues.length < MAX_ISSUES) issues.push(issue);
  };
  for (const [index, value] of body.values.entries()) {
    if (issues.length === MAX_ISSUES) break;
    const reading = readPush(value, format);
    if (reading.kind === "invalid") {
      for (const issue of reading.issues)
        refuse({ ...issue, path: join(body.pathOf(index), issue.path) });
      continue;
    }
    const moment = momentOf(reading.push, format, nowUs, unit);
    if (moment.kind === "moment") items.push(format.itemOf(reading.push, moment.us));
    else refuse({ path: join(body.pathOf(index), "ts"), message: moment.message });
  }
  return issues.length > 0 ? { kind: "invalid", issues } : { kind: "items", items };
}

function readPush<Push extends Timed>(
  value: unknown,
  format: Pick<PushFormat<Push, unknown>, "isPlain" | "schema">,
): { kind: "push"; push: Push } | { kind: "invalid"; issues: ProblemIssue[] } {
  if (format.isPlain(value)) return { kind: "push", push: value };
  const result = format.schema.safeParse(value);
  if (result.success) return { kind: "push", push: result.data };
  const issues = result.error.issues.map((issue) => ({
    path: issue.path.map(String).join("."),
    message: messageOf(issue, value),
  }));
  return { kind: "invalid", issues };
}

function momentOf<Push extends Timed>(
  push: Push,
  { refuseMoment }: Pick<PushFormat<Push, unknown>, "refuseMoment">,
  nowUs: EpochUs,
  unit: TimeUnit | undefined,
): TimestampReading {
  if (push.ts === undefined) return { kind: "moment", us: nowUs };
  const moment = readTimestamp(push.ts, nowUs, unit);
  if (refuseMoment === undefined || moment.kind === "refused") return moment;
  const message = refuseMoment(push, moment.us, nowUs);
  return message === null ? moment : { kind: "refused", message };
}

function messageOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code === "unrecognized_keys") return unknownFields(issue.keys);
  const [field] = issue.path;
  const isMissing =
    issue.path.length === 1 &&
    value instanceof Object &&
    (value as Record<PropertyKey, unknown>)[field as PropertyKey] === undefined;
  return isMissing ? `is missing: it ${issue.message}` : issue.message;
}

/** Fields of one item that are named; who has more has seen what is wrong. */
const NAMED_FIELDS = 5;

function unknownFields(keys: readonly string[]): string {
  const named = keys.slice(0, NAMED_FIELDS).map((key) => JSON.stringify(shorten(key, 60)));
  const more = keys.length > NAMED_FIELDS ? ` and ${keys.length - NAMED_FIELDS} more` : "";
  return `unknown field ${named.join(", ")}${more}: check the spelling or take it out`;
}

function join(item: string, field: string): string {
  return [item, field].filter((part) => part !== "").join(".");
}

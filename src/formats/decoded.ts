import type { ProblemIssue } from "../protocol/answers/problem.ts";

/** What a body turned out to be: the items of a whole batch, or the reasons why none of it was taken (SPEC I-1). */
export type Decoded<Item> =
  | { kind: "items"; items: Item[] }
  | { kind: "unreadable"; detail: string }
  | { kind: "invalid"; issues: ProblemIssue[] };

/** The values of a body before anything is known of them, with the name of each for messages. */
export type ParsedBody =
  | { kind: "values"; values: unknown[]; pathOf: (index: number) => string }
  | { kind: "unreadable"; detail: string };

/** Issues named in one answer. What comes after them is not looked at: a million of them would take as long to find. */
export const MAX_ISSUES = 20;

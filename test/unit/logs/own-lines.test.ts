import { expect, it } from "vitest";
import type { EpochUs } from "../../../src/protocol/words/time.ts";
import { ownLinesOf } from "../../../src/reads/trace/own-lines.ts";
import { RecentLines } from "../../../src/telemetry/recent-lines.ts";

const line = (fields: object) =>
  JSON.stringify({ timestamp: "2026-11-27T00:00:00.000Z", level: "info", event: "x", ...fields });

it("TR-2 has the newest lines of an id, and none that only speaks of it", () => {
  const lines = new RecentLines();
  lines.add(line({ service: "writer", correlation_ids: ["a", "b"] }));
  lines.add(line({ service: "worker", correlation_id: "b" }));
  lines.add(line({ service: "host", correlation_id: "c", detail: "b" }));
  const found = (id: string) =>
    ownLinesOf(lines.holding(id), id, (Date.UTC(2026, 11, 1) * 1_000) as EpochUs);
  const ts = Date.UTC(2026, 10, 27) * 1_000;
  expect(found("b")).toEqual([
    { kind: "own_log", ts, level: "info", event: "x", service: "writer" },
    { kind: "own_log", ts, level: "info", event: "x", service: "worker" },
  ]);
  expect(found("d")).toEqual([]);
  for (let at = 0; at < 1_000; at += 1) lines.add(line({ correlation_id: `n${at}` }));
  expect(found("b")).toEqual([]);
  expect(found("n0")).toHaveLength(1);
});

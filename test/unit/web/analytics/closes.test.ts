import { describe, expect, test } from "vitest";
import { closesOf, keptCloses } from "../../../../web/feed/analytics/closes.ts";
import type { Api } from "../../../../web/feed/api.ts";

describe("the closes that an analysis rests on", () => {
  const looked = { interval: "5m", from: 10, to: 20 } as const;

  function historyOf(answer: Awaited<ReturnType<Api["history"]>>) {
    const asked: unknown[] = [];
    const history: Api["history"] = async (...question) => {
      asked.push(question);
      return answer;
    };
    return { asked, api: { history } };
  }

  test("are of the buckets of its answer, and asked for once", async () => {
    const bars = [{ ts: 10, close: 5 }] as never;
    const { asked, api } = historyOf({ kind: "ok", value: { bars } as never });
    const ask = closesOf(api, looked);
    const closes = { ts: [10], values: [5] };
    expect(await ask(["A", "B"])).toEqual({ kind: "ok", value: [closes, closes] });
    expect(await ask(["B", "A"])).toEqual({ kind: "ok", value: [closes, closes] });
    const query = { interval: "5m", limit: 10_000, from: 10, to: 20 };
    expect(asked).toEqual([
      ["A", query],
      ["B", query],
    ]);
  });

  test("are asked for once by pairs that ask side by side", async () => {
    const { asked, api } = historyOf({ kind: "ok", value: { bars: [] } as never });
    const ask = closesOf(api, looked);
    await Promise.all([ask(["A", "B"]), ask(["B", "C"])]);
    expect(asked).toHaveLength(3);
  });

  test("are asked for once by parts of a page that look at the same, and not kept for ever", async () => {
    const { asked, api } = historyOf({ kind: "ok", value: { bars: [] } as never });
    const closes = keptCloses(api);
    await closes(looked)(["A", "B"]);
    await closes({ ...looked })(["A"]);
    expect(asked).toHaveLength(2);
    for (const from of [11, 12]) closes({ ...looked, from });
    await closes(looked)(["A"]);
    expect(asked).toHaveLength(3);
  });

  test("are asked for again after a failure, which is told", async () => {
    const failure = { kind: "failed", status: 503, detail: "away" } as const;
    const { asked, api } = historyOf(failure);
    const ask = closesOf(api, looked);
    expect(await ask(["A"])).toEqual(failure);
    await ask(["A"]);
    expect(asked).toHaveLength(2);
  });
});

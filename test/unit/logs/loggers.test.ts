import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LogLineDecoder, type LogTerms } from "../../../src/formats/logs/decode-log-lines.ts";
import { readLogLine } from "../../../src/formats/logs/log-line.ts";
import {
  type LogEvent,
  logEventSchema,
  MAX_LOG_EVENT_CHARS,
  MAX_LOG_FIELDS_CHARS,
} from "../../../src/protocol/events/log.ts";
import type { EpochUs } from "../../../src/protocol/words/time.ts";

/** 2026-11-27T01:00:00Z, after all captures. */
const NOW_US = Date.UTC(2026, 10, 27, 1) * 1_000;
const TERMS: LogTerms = { nowUs: NOW_US as EpochUs, mostLines: 0, mayWrite: () => true };

/** What a real logger has written (test/fixtures/logs). */
function capture(logger: string): string {
  return readFileSync(new URL(`../../fixtures/logs/${logger}.ndjson`, import.meta.url), "utf8");
}

function decode(text: string, terms = TERMS) {
  const decoder = LogLineDecoder.ofText(text, terms);
  while (decoder.decodeSome(3) === "more");
  return decoder;
}

const said = (text: string) =>
  decode(text).items.map(({ symbol, event }) => {
    const { level, event: words, service, correlation_id: id } = event as LogEvent;
    return [symbol, level, words, service, id].filter((one) => one !== undefined).join(" | ");
  });

describe("LG-2 lines of real loggers", () => {
  it("of pino", () => {
    expect(said(capture("pino")).sort()).toEqual([
      "BTC-USD | info | order sent | gateway | req-7",
      "_system | error | order failed | gateway",
      "_system | fatal | dead | 4bf92f3577b34da6a3ce929d0e0e4736",
      "_system | info | service started | gateway",
      "_system | trace | tick",
      "_system | warn | reconnecting | gateway",
    ]);
    const [first] = decode(capture("pino")).items;
    expect(first?.event).toEqual({
      ...{ kind: "log", ts: 1_795_740_354_229_000, level: "info", event: "service started" },
      ...{ service: "gateway", fields: { pid: 31_281, hostname: "desk" } },
    });
  });

  it("of structlog, as JSON and for a terminal", () => {
    expect(said(capture("structlog"))).toEqual([
      "_system | info | service_started | strategy",
      "BTC-USD | info | order_sent | strategy | req-7",
      "_system | warn | reconnecting | strategy",
      "_system | error | order_failed | strategy",
      "_system | fatal | dead | strategy",
      "_system | debug | tick",
      "_system | info | 2026-11-27T00:47:32.621115 [info     ] console line                   a=1",
    ]);
    const events = decode(capture("structlog")).items.map(({ event }) => event as LogEvent);
    expect(events[1]).toMatchObject({
      ts: Date.UTC(2026, 10, 27, 0, 47, 32) * 1_000 + 619_834,
      fields: { order_id: 42, price: 101.5, tags: ["a", "b"] },
    });
    expect(events[3]?.fields?.["exception"]).toContain("ZeroDivisionError");
    // Its own word says more than the level does.
    expect(events[4]?.fields).toEqual({ level: "critical" });
    expect(events[5]?.ts).toBe(1_795_740_452_621_034);
  });

  it("of zap", () => {
    expect(said(capture("zap"))).toEqual([
      "_system | info | service started | router",
      "BTC-USD | info | order sent | router | req-7",
      "_system | warn | reconnecting | router",
      "_system | error | order failed | router",
      "_system | fatal | dead | router",
      "_system | debug | tick | router",
    ]);
    expect(decode(capture("zap")).items[0]?.event.ts).toBe(1_795_740_473_402_440);
  });

  it("of zerolog, as JSON and for a terminal", () => {
    expect(said(capture("zerolog"))).toEqual([
      "_system | info | service started | risk",
      "BTC-USD | info | order sent | risk | req-7",
      "_system | warn | reconnecting | risk",
      "_system | error | order failed | risk",
      "_system | trace | tick | risk",
      "_system | info | 12:47AM INF console line symbol=BTC-USD",
    ]);
  });

  it("of Rust's tracing, whose spans say what a line is of", () => {
    expect(said(capture("tracing"))).toEqual([
      "_system | info | service started | cap",
      "BTC-USD | info | order sent | cap | req-7",
      "BTC-USD | warn | reconnecting | gateway::ws | req-7",
      'BTC-USD | error | order "42" failed\nsecond line | cap | req-7',
      "BTC-USD | debug | tick | cap | req-7",
    ]);
    const fields = (decode(capture("tracing")).items[1]?.event as LogEvent | undefined)?.fields;
    expect(fields).toMatchObject({ order_id: 42, price: 101.5, span: { name: "order" } });
    expect(fields).not.toHaveProperty("fields");
  });
});

const line = (object: Record<string, unknown>) => readLogLine(object, NOW_US as EpochUs).event;

describe("LG-3 levels", () => {
  it.each([
    [{ level: 10 }, "trace"],
    [{ level: 30 }, "info"],
    [{ level: 35 }, "info"],
    [{ level: 60 }, "fatal"],
    // GELF, and whoever else writes syslog's numbers.
    [{ level: 3 }, "error"],
    [{ level: 7 }, "debug"],
    [{ severity: 0 }, "fatal"],
    [{ severity: 6 }, "info"],
    [{ severity: 17 }, "error"],
    [{ severity: 9 }, "info"],
    [{ lvl: "WARNING" }, "warn"],
    [{ severity: "Critical" }, "fatal"],
    [{ level: "eror" }, "info"],
    [{}, "info"],
  ])("%j is %s", (object, level) => {
    expect(line(object).level).toBe(level);
  });

  it("keep what was said where it says more", () => {
    expect(line({ level: "ERROR" }).fields).toBeUndefined();
    expect(line({ level: 30 }).fields).toBeUndefined();
    expect(line({ level: 35 }).fields).toEqual({ level: 35 });
    expect(line({ level: "notice" }).fields).toEqual({ level: "notice" });
    expect(line({ level: "eror" }).fields).toEqual({ level: "eror" });
  });
});

describe("LG-4 times", () => {
  const second = Date.UTC(2026, 10, 27, 0, 30) / 1_000;
  it.each([
    ["2026-11-27T00:30:00Z"],
    ["2026-11-27T02:30:00+02:00"],
    ["2026-11-27T00:30:00"],
    ["2026-11-27 00:30:00,000"],
    [second],
    [second * 1e3],
    [second * 1e6],
    [second * 1e9],
    [String(second)],
  ])("%j is half past midnight", (time) => {
    for (const name of ["timestamp", "time", "ts", "@timestamp"]) {
      expect(line({ [name]: time })).toEqual({
        ...{ kind: "log", ts: second * 1e6, level: "info", event: "" },
      });
    }
  });

  it.each([
    ["yesterday"],
    [0],
    [-1],
    [Number.NaN],
    [null],
    [{}],
    ["2026-11-27T02:00:00Z"],
    [1e300],
  ])("%j is none: the line is of now, and keeps it as a field", (time) => {
    const event = line({ time });
    expect(event.ts).toBe(NOW_US);
    expect(event.fields).toHaveProperty("time");
  });
});

describe("LG-5 what is too long or no text", () => {
  it("is cut, and the line says so", () => {
    const event = line({ msg: "é".repeat(MAX_LOG_EVENT_CHARS + 1), a: 1 });
    expect(event.event).toHaveLength(MAX_LOG_EVENT_CHARS);
    expect(event).toMatchObject({ cut: true, fields: { a: 1 } });
    const long = line({ msg: "", a: "x".repeat(MAX_LOG_FIELDS_CHARS), b: 2 });
    expect(long.cut).toBe(true);
    expect(JSON.stringify(long.fields).length).toBeLessThan(MAX_LOG_FIELDS_CHARS + 2);
  });

  it("loses what Postgres cannot hold, and names that mean something else", () => {
    const object = JSON.parse('{"msg":"a\\u0000b\\ud800","__proto__":{"x":1},"f":{"__proto__":2}}');
    const event = line(object);
    expect(event.event).toBe("a\uFFFDb\uFFFD");
    expect(event.cut).toBe(true);
    expect(Object.keys(event.fields ?? {})).toEqual(["f"]);
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  it("is taken whole again from an export", () => {
    const first = line({
      level: "critical",
      msg: "dead",
      fields: { a: { b: [1, null] } },
      service: "s",
    });
    const again = line(JSON.parse(JSON.stringify({ ...first, symbol: "BTC-USD" })));
    expect(again).toEqual(first);
  });
});

describe("LG-6 a line that is wrong", () => {
  it("is named by its number, and the others are taken", () => {
    const { items, faults, refused } = decode(
      '{"msg":"a"}\n\n{"msg":\n[1]\n"text"\nplain\n{"msg":"b"}',
    );
    expect(items.map(({ event }) => (event as LogEvent).event)).toEqual([
      "a",
      "[1]",
      "text",
      "plain",
      "b",
    ]);
    expect(refused).toBe(1);
    expect(faults).toEqual([{ line: 3, why: expect.stringContaining("is not JSON") }]);
  });

  it("of a symbol that the token is not for is refused alone", () => {
    const terms = { ...TERMS, mayWrite: (symbol: string) => symbol === "BTC-USD" };
    const { items, forbidden, faults } = decode(
      '{"msg":"a","symbol":"BTC-USD"}\n{"msg":"b"}',
      terms,
    );
    expect([items.length, forbidden]).toEqual([1, 1]);
    expect(faults).toEqual([{ line: 2, why: "the token is not for _system" }]);
  });

  it("counts all of them, and names 20", () => {
    const { faults, refused } = decode("{\n".repeat(50));
    expect([faults.length, refused]).toEqual([20, 50]);
  });

  it("does not hold more lines than a request may have", () => {
    const decoder = LogLineDecoder.ofText("a\nb\nc", { ...TERMS, mostLines: 2 });
    expect(decoder.decodeSome(10)).toBe("too_many");
  });

  it("L-26 reads fewer long lines in a turn than short ones", () => {
    const line = JSON.stringify({ msg: "x".repeat(40_000) });
    const decoder = LogLineDecoder.ofText(`${line}\n`.repeat(10), TERMS);
    expect(decoder.decodeSome(1_000)).toBe("more");
    expect(decoder.items.length).toBe(2);
    while (decoder.decodeSome(1_000) === "more");
    expect(decoder.items.length).toBe(10);
  });
});

it("LG-2 makes an event of whatever is JSON, which can be stored and told again", () => {
  const names = fc.constantFrom(
    ...["timestamp", "level", "severity", "msg", "event", "service", "name", "symbol", "fields"],
    ...["correlation_id", "traceparent", "span", "spans", "kind", "__proto__", "a", ""],
  );
  const object = fc.dictionary(names, fc.jsonValue({ maxDepth: 12 }), { noNullPrototype: true });
  fc.assert(
    fc.property(object, (value) => {
      const { event } = readLogLine(value, NOW_US as EpochUs);
      const text = JSON.stringify(event);
      expect(logEventSchema.parse(JSON.parse(text))).toEqual(JSON.parse(text));
      expect(text.includes("\\u0000")).toBe(false);
      expect(text.isWellFormed()).toBe(true);
    }),
  );
});

it("LG-6 reads mutated captures in no time, whatever they are", () => {
  const captures = ["pino", "structlog", "zap", "zerolog", "tracing"].map(capture);
  const mutation = fc.tuple(fc.constantFrom(...captures), fc.nat(3_000), fc.string(), fc.nat(40));
  fc.assert(
    fc.property(mutation, ([text, at, put, gone]) => {
      const mutated = text.slice(0, at) + put + text.slice(at + gone);
      const { items, refused } = decode(mutated);
      const lines = mutated.split("\n").filter((one) => one.replace(/^\uFEFF/, "").trim() !== "");
      expect(items.length + refused).toBe(lines.length);
    }),
  );
});

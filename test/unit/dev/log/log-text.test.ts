import { describe, expect, it } from "vitest";
import { textOfLine } from "../../../../dev/log/log-text.ts";

const head = { timestamp: "2026-11-26T08:53:32.939Z", level: "info" };

describe("a line of a log, for people", () => {
  it("is short, and counts long lists", () => {
    const line = {
      ...head,
      event: "stored",
      service: "writer",
      rows: 3,
      files: ["a", "b", "c", "d"],
    };
    expect(textOfLine(JSON.stringify(line))).toBe(
      "08:53:32 writer: stored rows=3 files=(4 of them)",
    );
  });

  it("names a level that is not the usual one, and a service once", () => {
    const line = { ...head, level: "error", event: "database_server_died", service: "database" };
    expect(textOfLine(JSON.stringify(line))).toBe("08:53:32 error: database_server_died");
  });

  it("quotes what is not plain, and leaves a terminal nothing to obey", () => {
    const line = { ...head, event: "refused", path: "/a b\u001b[2J\u009b\u202e" };
    expect(textOfLine(JSON.stringify(line))).toBe(
      '08:53:32 refused path="/a b\\u001b[2J\\u009b\\u202e"',
    );
  });

  it.each(["*** Fatal uncaught kj::Exception: x", "[1]", "null", '{"a":1}', ""])(
    "leaves %j as it is",
    (line) => expect(textOfLine(line)).toBe(line),
  );
});

import { describe, expect, it } from "vitest";
import { numberArray, textArray } from "../../../../src/db/driver/array-text.ts";

describe("text of Postgres arrays", () => {
  it("writes numbers so that every double is read back as it was", () => {
    expect(numberArray([])).toBe("{}");
    expect(numberArray([1, -0, 0, 1e21, 5e-324, 0.1])).toBe("{1,-0,0,1e+21,5e-324,0.1}");
  });

  it("quotes every text and escapes quotes and backslashes", () => {
    expect(textArray([])).toBe("{}");
    expect(textArray(["", "NULL", 'a"b\\c', "{,}", "a\ud800"])).toBe(
      '{"","NULL","a\\"b\\\\c","{,}","a\ufffd"}',
    );
  });
});

import { describe, expect, it } from "vitest";
import { cacheControlOf, matchesEtag } from "../../../../src/core/answers/caching.ts";

const NOW_US = 1_790_000_000_000_000;
const MINUTE_US = 60_000_000;

describe("who may keep an answer", () => {
  it.each([
    ["closed", 11 * MINUTE_US, true, "public, max-age=10, must-revalidate"],
    ["closed", 11 * MINUTE_US, false, "private, max-age=10, must-revalidate"],
    ["open", 11 * MINUTE_US - 1, true, "public, no-cache"],
    ["open", -10 * MINUTE_US, false, "private, no-cache"],
  ])("%s", (_, ageUs, isPublic, control) => {
    expect(cacheControlOf({ toUs: NOW_US - ageUs, nowUs: NOW_US, isPublic })).toBe(control);
  });
});

describe("If-None-Match", () => {
  it.each([
    [undefined, false],
    ["", false],
    ['W/"a"', true],
    ['"a"', true],
    ["*", true],
    [' "b" ,W/"a"', true],
    ['W/"b"', false],
    ["a", false],
    ['"A"', false],
  ])("%s", (header, matches) => {
    expect(matchesEtag(header, 'W/"a"')).toBe(matches);
  });
});

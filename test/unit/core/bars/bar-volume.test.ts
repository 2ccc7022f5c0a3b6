import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { volumeOf } from "../../../../src/core/bars/bar-volume.ts";

const decimal = fc
  .tuple(fc.nat({ max: 999_999_999 }), fc.nat({ max: 8 }))
  .map(([units, scale]) => Number(`${units}e-${scale}`));

describe("B-9 the volume of a bar", () => {
  it("is the decimal sum of what was traded, however many there were", () => {
    fc.assert(
      fc.property(fc.array(decimal, { minLength: 1, maxLength: 500 }), (sizes) => {
        const sum = sizes.reduce((total, size) => total + size, 0);
        const exact = sizes.reduce((total, size) => total + BigInt(Math.round(size * 1e8)), 0n);
        // As many digits as a double can tell after so many additions.
        fc.pre(exact < 10n ** 12n);
        expect(volumeOf(sum, sizes.length)).toBe(Number(`${exact}e-8`));
      }),
    );
  });

  it("is as it was where it is one number, whole, or not known to be a sum", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (size) => {
        expect(volumeOf(size, 1)).toBe(size);
        expect(Math.abs(volumeOf(size, null) - size)).toBeLessThanOrEqual(size * 1e-12);
      }),
    );
    expect(volumeOf(0.123_456_789_012_345_68, null)).toBe(0.123_456_789_012_345_68);
    expect(volumeOf(2.444_999_999_999_999_8, null)).toBe(2.445);
    expect(volumeOf(1e300, 5)).toBe(1e300);
  });
});

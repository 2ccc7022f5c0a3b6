import { MAX_NUMBER } from "../../protocol/words/number.ts";

/** `value` is null where it is none of line protocol's; `why` then says what is wrong. */
export type ValueReading = { kind: "number"; value: number } | { kind: "refused"; why: string };

const FLOAT = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?$/;
const WHOLE = /^([-+]?\d+)([iu])$/;
const TRUE: ReadonlySet<string> = new Set(["t", "T", "true", "True", "TRUE"]);
const FALSE: ReadonlySet<string> = new Set(["f", "F", "false", "False", "FALSE"]);

const [LEAST_INTEGER, MOST_INTEGER, MOST_UNSIGNED] = [-(2n ** 63n), 2n ** 63n - 1n, 2n ** 64n - 1n];
/** No integer of so many digits or fewer is out of range. */
const SAFE_DIGITS = 18;
const MOST_DIGITS = 40;

/** Reads a field's value that is not quoted: a float, an integer `1i`, an unsigned `1u`, or a boolean, which is 1 or 0. */
export function readFieldValue(text: string): ValueReading {
  if (FLOAT.test(text)) {
    const value = Number(text);
    if (Math.abs(value) <= MAX_NUMBER) return { kind: "number", value };
    return { kind: "refused", why: "is beyond 1e100" };
  }
  const whole = WHOLE.exec(text);
  if (whole !== null) return readWhole(whole[1] as string, whole[2] === "u");
  if (TRUE.has(text)) return { kind: "number", value: 1 };
  if (FALSE.has(text)) return { kind: "number", value: 0 };
  return { kind: "refused", why: "is no number, boolean or quoted text" };
}

/** Digits beyond 2^53 are lost, as everywhere here: a value is a double. */
function readWhole(digits: string, isUnsigned: boolean): ValueReading {
  if (isUnsigned && digits.startsWith("-"))
    return { kind: "refused", why: "is unsigned and negative" };
  if (digits.length > MOST_DIGITS) return { kind: "refused", why: "has too many digits" };
  if (digits.length > SAFE_DIGITS) {
    const exact = BigInt(digits.replace("+", ""));
    const isOver = isUnsigned
      ? exact > MOST_UNSIGNED
      : exact < LEAST_INTEGER || exact > MOST_INTEGER;
    if (isOver) return { kind: "refused", why: "does not fit into 64 bits" };
  }
  return { kind: "number", value: Number(digits) };
}

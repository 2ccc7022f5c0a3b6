export type Encoded =
  | { kind: "text"; text: string }
  | { kind: "unfit"; event: string; why: string };

/** What `JSON.stringify` writes for a number that JSON has not, and for what was null. */
const NULL = "null";

/** An event as JSON, without what is null. What JSON has no form for, such as NaN, must not spoil the batch of others. */
export function encode(fields: Readonly<Record<string, unknown>>): Encoded {
  try {
    const text = JSON.stringify(fields);
    // The rule: no null anywhere, and one look at the text says so.
    return text.includes(NULL) ? encodeWithCare(fields) : { kind: "text", text };
  } catch (error) {
    return { kind: "unfit", event: inWords(fields), why: `is no JSON: ${String(error)}` };
  }
}

function encodeWithCare(fields: Readonly<Record<string, unknown>>): Encoded {
  const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
  let unfit: string | undefined;
  const text = JSON.stringify(present, (name, value: unknown) => {
    if (typeof value === "number" && !Number.isFinite(value)) unfit ??= `${name} is ${value}`;
    return value;
  });
  if (unfit === undefined) return { kind: "text", text };
  return { kind: "unfit", event: inWords(fields), why: `is no JSON: ${unfit}` };
}

function inWords(fields: Readonly<Record<string, unknown>>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(" ");
}

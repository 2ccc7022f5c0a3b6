const ENCODER = new TextEncoder();

/** A field of whole numbers, which must not be negative. */
export function uintField(field: number, value: number): number[] {
  return [...varint(field * 8), ...varint(value)];
}

export function textField(field: number, text: string): number[] {
  return bytesField(field, [...ENCODER.encode(text)]);
}

/** A field of bytes, or of a message, which stands there as its bytes. */
export function bytesField(field: number, bytes: readonly number[]): number[] {
  return [...varint(field * 8 + 2), ...varint(bytes.length), ...bytes];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

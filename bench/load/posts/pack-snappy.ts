/** A block of snappy that packs as `google/snappy` does, if not as well: what was there before in copies, the rest as it is. */
export function packSnappy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const packed = lengthBytes(bytes.length);
  const places = new Map<number, number>();
  let literal = 0;
  const flush = (to: number) => {
    while (literal < to) {
      const size = Math.min(to - literal, 65_536);
      if (size <= 60) packed.push((size - 1) << 2);
      else if (size <= 256) packed.push(60 << 2, size - 1);
      else packed.push(61 << 2, (size - 1) & 0xff, (size - 1) >> 8);
      for (let at = 0; at < size; at += 1) packed.push(bytes[literal + at] as number);
      literal += size;
    }
  };
  for (let at = 0; at + 4 <= bytes.length; ) {
    const word = new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true);
    const before = places.get(word);
    places.set(word, at);
    if (before === undefined || at - before > 65_535) {
      at += 1;
      continue;
    }
    let size = 4;
    while (size < 64 && bytes[before + size] === bytes[at + size] && at + size < bytes.length)
      size += 1;
    flush(at);
    const offset = at - before;
    if (size <= 11 && offset < 2_048)
      packed.push(1 | ((size - 4) << 2) | ((offset >> 8) << 5), offset & 0xff);
    else packed.push(2 | ((size - 1) << 2), offset & 0xff, offset >> 8);
    at += size;
    literal = at;
  }
  flush(bytes.length);
  return new Uint8Array(packed);
}

function lengthBytes(length: number): number[] {
  const bytes: number[] = [];
  let rest = length;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return [...bytes, rest];
}

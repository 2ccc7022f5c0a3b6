import fc from "fast-check";

/** Some bytes changed, taken out or put in. */
export function mutationsOf(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(
    fc.nat(bytes.length - 1),
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom("set", "cut", "put", "end"),
  );
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    let mutated = Buffer.from(bytes);
    for (const [at, byte, how] of changes) {
      const [before, after] = [mutated.subarray(0, at), mutated.subarray(at)];
      if (how === "set") mutated[at] = byte;
      else if (how === "cut") mutated = Buffer.concat([before, after.subarray(1 + (byte % 5))]);
      else if (how === "put") mutated = Buffer.concat([before, Buffer.of(byte), after]);
      else mutated = mutated.subarray(0, Math.max(1, at));
    }
    return new Uint8Array(mutated);
  });
}

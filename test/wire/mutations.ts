import fc from "fast-check";

/** Some bytes changed, taken out or put in. */
export function mutationsOf(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  const change = fc.tuple(
    fc.nat(bytes.length - 1),
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom("set", "cut", "put", "end"),
  );
  return fc.array(change, { minLength: 1, maxLength: 4 }).map((changes) => {
    const mutated = [...bytes];
    for (const [at, byte, how] of changes) {
      if (how === "set") mutated[at] = byte;
      else if (how === "cut") mutated.splice(at, 1 + (byte % 5));
      else if (how === "put") mutated.splice(at, 0, byte);
      else mutated.splice(Math.max(1, at));
    }
    return new Uint8Array(mutated);
  });
}

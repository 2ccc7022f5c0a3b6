import { createHash, createHmac } from "node:crypto";

/** As many bytes of an id come from the name, and as many again of a code over those. */
const HALF_BYTES = 16;

/** Id of the Durable Object of a name, in a namespace with this unique key, as workerd makes it: it names the object's file too. */
export function objectIdOf(uniqueKey: string, name: string): string {
  const key = createHash("sha256").update(uniqueKey).digest();
  const half = (of: string | Buffer) =>
    createHmac("sha256", key).update(of).digest().subarray(0, HALF_BYTES);
  const base = half(name);
  return Buffer.concat([base, half(base)]).toString("hex");
}

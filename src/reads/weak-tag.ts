import { shortDigest } from "./short-digest.ts";

/** The weak entity tag of what a text says. */
export async function weakTagOf(text: string): Promise<string> {
  return `W/"${await shortDigest(text, 16)}"`;
}

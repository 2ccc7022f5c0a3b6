import { browserDeps, type TapeDeps } from "./deps.ts";

/** How the browser and Node unpack messages (SPEC ST-12); nothing where they cannot. */
export const UNPACKING: Pick<TapeDeps, "unpack"> =
  typeof DecompressionStream === "function" ? { unpack } : {};

function unpack(packed: ArrayBuffer): Promise<string> {
  const text = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Response(text).text();
}

/** The browser as it is, for last values. */
export function latestDeps(): TapeDeps {
  return { ...browserDeps(), ...UNPACKING };
}

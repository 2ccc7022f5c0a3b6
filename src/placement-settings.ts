import * as z from "zod";
import { MOST_SHARED_HOSTS } from "./core/placement/placement.ts";
import { isSymbol } from "./protocol/words/symbol.ts";

/** `ROOM_HOSTS`: hosts that share the symbols. */
export const roomHosts = z.coerce
  .number({ error: "must be a number" })
  .int({ error: "must be a whole number" })
  .min(0, { error: "must not be negative; 0 gives each symbol a host of its own" })
  .max(MOST_SHARED_HOSTS, { error: `must be at most ${MOST_SHARED_HOSTS}` });

/** `ROOM_DEDICATED`: globs as in tokens (SPEC A-2), joined by commas or spaces; for a space in a symbol stands `*`. */
export const dedicatedSymbols = z
  .string()
  .transform((text) => text.split(/[,\s]+/).filter((glob) => glob !== ""))
  .refine((globs) => globs.every(mayMatch), {
    error: "must be symbols or patterns of them, joined by commas or spaces, such as BTC-*,ES=F",
  });

/** What can match no symbol is a slip. */
function mayMatch(glob: string): boolean {
  return glob === "*" || isSymbol(glob.replaceAll(/\\(.)/gsu, "$1"));
}

/** `HOST_LOCATION`: where Cloudflare is to make objects, as its documentation names regions. */
export const hostLocation = z.enum(
  ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"],
  { error: "must be wnam, enam, sam, weur, eeur, apac, oc, afr or me" },
);

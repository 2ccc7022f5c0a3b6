import { breath } from "../../bindings/breath.ts";
import type { AppContext } from "../context.ts";
import { awaitTurn } from "../limits/bodies.ts";
import { bodyRefused } from "./body-refusals.ts";
import { readBody } from "./read-body.ts";

/** The body of a request as text, within the limits of every push, when it is its turn. @throws Refusal */
export async function readText(c: AppContext): Promise<string> {
  const { LIMIT_BODY_BYTES, LIMIT_UNZIPPED_BYTES } = c.get("config");
  const limits = { rawBytes: LIMIT_BODY_BYTES, unzippedBytes: LIMIT_UNZIPPED_BYTES };
  const body = await readBody(c.req.raw, limits, {
    awaitTurn: (bytes, held) => awaitTurn(c, bytes, held),
    pause: () => breath.pause(),
  });
  if (body.kind !== "text") throw bodyRefused(body);
  return body.text;
}

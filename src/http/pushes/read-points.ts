import { breath } from "../../bindings/breath.ts";
import type { Config } from "../../config.ts";
import { oncePer } from "../../core/answers/once-per.ts";
import { type InSteps, withPauses } from "../../formats/in-steps.ts";
import type { DecodedPoints, PointTerms } from "../../formats/points/decoded-points.ts";
import { KnownSeries } from "../../formats/wire/known-series.ts";
import { accessOf } from "../access/authorize.ts";
import { covers } from "../access/token.ts";
import { bodyRefused, tooManyEvents, unreadable } from "../body/body-refusals.ts";
import type { readBytes } from "../body/read-body.ts";
import type { AppContext } from "../context.ts";
import { awaitTurn } from "../limits/bodies.ts";

/** What is made of a body in which names stand once takes several times its length. */
const USUAL_GROWTH = 4;
/** Shorter ones are read in a moment. */
const LONG_BYTES = 16_384;

/** Of this isolate. */
const knownSeriesOf = oncePer((_: Config) => new KnownSeries());

/** Reads a body of a format that is taken in parts. @throws Refusal, and then nothing of it is taken. */
export async function readPoints<Found>(
  c: AppContext,
  read: typeof readBytes,
  decode: (bytes: Uint8Array, terms: PointTerms) => InSteps<DecodedPoints<Found>>,
): Promise<{ found: Found; bytes: Uint8Array }> {
  const { LIMIT_BODY_BYTES, LIMIT_UNZIPPED_BYTES, LIMIT_EVENTS, SYMBOL_LABEL } = c.get("config");
  const pause = () => breath.pause();
  const body = await read(
    c.req.raw,
    { rawBytes: LIMIT_BODY_BYTES, unzippedBytes: LIMIT_UNZIPPED_BYTES },
    { awaitTurn: (bytes, held) => awaitTurn(c, bytes * USUAL_GROWTH, held), pause },
  );
  if (body.kind !== "bytes") throw bodyRefused(body);
  // What is long does not follow at once on another that is.
  if (body.bytes.length >= LONG_BYTES) await breath.take();
  const { grant } = accessOf(c);
  const steps = decode(body.bytes, {
    nowUs: c.get("nowUs")(),
    limits: { events: LIMIT_EVENTS, chars: LIMIT_UNZIPPED_BYTES },
    symbolLabel: SYMBOL_LABEL,
    known: knownSeriesOf(c.get("config")),
    mayWrite: (symbol) => covers(grant, symbol),
  });
  const decoded = await withPauses(steps, pause);
  switch (decoded.kind) {
    case "points":
      return { found: decoded, bytes: body.bytes };
    case "unreadable":
      throw unreadable(decoded.detail);
    case "too_many":
      throw tooManyEvents(LIMIT_EVENTS);
    default:
      return decoded satisfies never;
  }
}

/** The bytes as text, one character each, for a digest. */
export function asText(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}

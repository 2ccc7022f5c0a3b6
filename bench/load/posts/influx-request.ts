import { placesAfter, postRequest, type RequestShape, writeDigits } from "./points.ts";
import { TimedRequest } from "./timed-request.ts";

const FIELDS = ["usage", "orders", "latency", "depth", "spread"];
const BLANK = "1".repeat(16);
/** Stands in front of each time alone, for values have one digit behind the point. */
const MARK = Buffer.from("5 ");

/** Lines of one field each, in microseconds. */
export function influxRequest(shape: RequestShape): TimedRequest {
  const { symbols, sender, points } = shape;
  const lines = Array.from({ length: points }, (_, index) => {
    const field = FIELDS[Math.floor(index / symbols.length) % FIELDS.length];
    const tags = `from=${sender},host=gateway,symbol=${symbols[index % symbols.length]}`;
    return `desk,${tags} ${field}=${1_000 + ((index * 7_919) % 9_000)}.5 ${BLANK}\n`;
  });
  const headers = ["Content-Type: text/plain; charset=utf-8"];
  const bytes = postRequest(shape.host, shape.path, lines.join(""), shape.token, headers);
  return new TimedRequest(bytes, placesAfter(bytes, MARK), writeDigits, 1);
}

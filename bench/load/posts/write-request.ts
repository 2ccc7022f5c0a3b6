import { bytesField, textField } from "../../../src/formats/wire/protobuf-writer.ts";
import { packSnappy } from "./pack-snappy.ts";
import { postRequest, type RequestShape } from "./points.ts";
import { TimedRequest } from "./timed-request.ts";

/** Milliseconds of today are varints of so many bytes. */
const TIME_BYTES = 6;
const METRICS = ["up", "orders_total", "latency_sum", "latency_count", "queue_depth"];

/**
 * A remote write 1.0, packed as a sender packs it. Its times are six bytes each that no copy of snappy covers, so they can be
 * overwritten in place.
 */
export function writeRequest(shape: RequestShape): TimedRequest {
  const { packed, places } = packWithTimes(shape);
  const headers = ["Content-Type: application/x-protobuf", "Content-Encoding: snappy"];
  const bytes = postRequest(shape.host, shape.path, packed, shape.token, headers);
  const body = bytes.length - packed.length;
  const set = (into: Buffer, place: number, ms: number) => into.set(timeBytes(ms), place);
  return new TimedRequest(
    bytes,
    places.map((place) => body + place),
    set,
    1_000,
  );
}

/** So often at most: most of the times are right at once. */
const MOST_TRIES = 50;

/** A sample of which neither time nor value is like any other's, so that the packer leaves the time as it is. */
interface RandomSample {
  time: number[];
  value: Buffer;
}

/** Where a time was packed all the same its sample is made anew. */
function packWithTimes(shape: RequestShape): { packed: Buffer; places: number[] } {
  const samples = Array.from({ length: shape.points }, randomSample);
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const message = samples.flatMap((sample, at) => bytesField(1, seriesBytes(shape, at, sample)));
    const packed = Buffer.from(packSnappy(new Uint8Array(message)));
    const places = samples.map(({ time }) => packed.indexOf(Buffer.from(time)));
    if (places.every((place) => place >= 0)) return { packed, places };
    for (const [at, place] of places.entries()) if (place < 0) samples[at] = randomSample();
  }
  throw new Error("no remote write could be made whose times are as they are");
}

function seriesBytes(shape: RequestShape, index: number, { time, value }: RandomSample): number[] {
  const { symbols, sender } = shape;
  const labels: [string, string][] = [
    ["__name__", METRICS[Math.floor(index / symbols.length) % METRICS.length] as string],
    ["instance", "10.0.0.5:9100"],
    ["job", sender],
    ["symbol", symbols[index % symbols.length] as string],
  ];
  return [
    ...labels.flatMap(([name, text]) =>
      bytesField(1, [...textField(1, name), ...textField(2, text)]),
    ),
    // Fields may come in any order, and behind random bytes nothing is found again.
    ...bytesField(2, [2 * 8, ...time, 1 * 8 + 1, ...value]),
  ];
}

function randomSample(): RandomSample {
  const value = Buffer.alloc(8);
  value.writeDoubleLE(Math.random() * 100);
  return { time: timeBytes(Math.floor((0.5 + Math.random() / 2) * 2 ** 42)), value };
}

function timeBytes(ms: number): number[] {
  const bytes: number[] = [];
  for (let rest = ms; bytes.length < TIME_BYTES; rest = Math.floor(rest / 0x80)) {
    bytes.push((rest % 0x80) | (bytes.length < TIME_BYTES - 1 ? 0x80 : 0));
  }
  return bytes;
}

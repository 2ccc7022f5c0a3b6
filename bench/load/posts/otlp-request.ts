import { randomBytes } from "node:crypto";
import { bytesField, textField } from "../../../src/formats/wire/protobuf-writer.ts";
import { postRequest, type RequestShape } from "./points.ts";
import { TimedRequest } from "./timed-request.ts";

const METRICS = ["up", "orders_open", "latency", "queue_depth", "memory"];

/** An ExportMetricsServiceRequest as an SDK sends it: gauges of one resource, whose points bear their symbol as an attribute. */
export function otlpRequest(shape: RequestShape): TimedRequest {
  const times = Array.from({ length: shape.points }, () => randomBytes(8));
  const body = Buffer.from(exportBytes(shape, times));
  const headers = ["Content-Type: application/x-protobuf"];
  const bytes = postRequest(shape.host, shape.path, body, shape.token, headers);
  const start = bytes.length - body.length;
  const places = times.map((time) => bytes.indexOf(time, start));
  return new TimedRequest(
    bytes,
    places,
    (into, place, us) => into.writeBigUInt64LE(BigInt(us) * 1_000n, place),
    1,
  );
}

function exportBytes({ symbols, sender, points }: RequestShape, times: readonly Buffer[]) {
  const perMetric = Math.ceil(points / METRICS.length);
  const metrics = METRICS.flatMap((name, at) => {
    const own = times.slice(at * perMetric, (at + 1) * perMetric);
    const dataPoints = own.flatMap((time, index) => {
      const value = Buffer.alloc(8);
      value.writeDoubleLE(Math.random() * 100);
      return bytesField(1, [
        ...bytesField(7, attribute("symbol", symbols[index % symbols.length] as string)),
        ...bytesField(7, attribute("venue", `V${10 + (index % 5)}`)),
        ...[3 * 8 + 1, ...time],
        ...[4 * 8 + 1, ...value],
      ]);
    });
    return bytesField(2, [...textField(1, name), ...bytesField(5, dataPoints)]);
  });
  const resource = bytesField(1, attribute("service.name", sender));
  return bytesField(1, [...bytesField(1, resource), ...bytesField(2, metrics)]);
}

function attribute(key: string, text: string): number[] {
  return [...textField(1, key), ...bytesField(2, textField(1, text))];
}

import { OTLPMetricExporter as JsonExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPMetricExporter as ProtobufExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";

export type Encoding = "protobuf" | "json";

/** An SDK that measures something known for a symbol, and exports it once. Gives what the exporter was told. */
export async function measureOnce(
  { url, token, symbol }: { url: string; token: string; symbol: string },
  encoding: Encoding,
): Promise<{ code: number; error?: Error }> {
  const Exporter = encoding === "json" ? JsonExporter : ProtobufExporter;
  const exporter = new Exporter({
    url: `${url}/v1/metrics`,
    headers: { authorization: `Bearer ${token}` },
    compression: "gzip" as never,
    temporalityPreference: AggregationTemporality.CUMULATIVE,
  });
  let told: { code: number; error?: Error } = { code: -1 };
  const send = exporter.export.bind(exporter);
  exporter.export = (metrics, done) =>
    send(metrics, (result) => {
      told = result;
      done(result);
    });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 60_000 });
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ "service.name": "matcher", "service.instance.id": "m-1" }),
    readers: [reader],
    views: [
      {
        instrumentName: "desk.rtt",
        aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
      },
    ],
  });
  const meter = provider.getMeter("desk");
  meter.createCounter("desk.orders").add(3, { symbol, side: "buy" });
  meter.createGauge("desk.price").record(0.1, { symbol });
  const spread = meter.createHistogram("desk.spread", {
    advice: { explicitBucketBoundaries: [1, 5] },
  });
  for (const value of [0.5, 3, 700]) spread.record(value, { symbol });
  for (const value of [1, 2, 2]) meter.createHistogram("desk.rtt").record(value, { symbol });
  await provider.forceFlush();
  const first = told;
  await provider.shutdown();
  return first;
}

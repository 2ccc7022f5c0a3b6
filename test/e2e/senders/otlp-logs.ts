import { SeverityNumber } from "@opentelemetry/api-logs";
import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";

/** An SDK that logs two lines of a symbol, and exports them once. Gives what the exporter was told. */
export async function logOnce(
  { url, token, symbol }: { url: string; token: string; symbol: string },
  service: string,
): Promise<{ code: number; error?: Error }> {
  const exporter = new OTLPLogExporter({
    url: `${url}/v1/logs`,
    headers: { authorization: `Bearer ${token}` },
    compression: "gzip" as never,
  });
  let told: { code: number; error?: Error } = { code: -1 };
  const send = exporter.export.bind(exporter);
  exporter.export = (records, done) =>
    send(records, (result) => {
      told = result;
      done(result);
    });
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ "service.name": service, "service.instance.id": "g-1" }),
    processors: [new BatchLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger("orders");
  logger.emit({
    severityNumber: SeverityNumber.WARN,
    severityText: "WARNING",
    body: "order late",
    attributes: { symbol, correlation_id: "otlp-1", "order.id": 42, tags: ["a", "b"] },
  });
  logger.emit({
    severityNumber: SeverityNumber.ERROR,
    body: { reason: "timeout", ms: 1.5 },
    attributes: { symbol },
  });
  await provider.forceFlush();
  const first = told;
  await provider.shutdown();
  return first;
}

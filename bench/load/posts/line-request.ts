import { PointRequest, type RequestShape } from "./points.ts";

const EVENTS = ["order sent", "order acknowledged", "book resync after gap", "request completed"];

/** Log lines as pino's transports send them: each with an id of its own, and five of a request. */
export class LineRequest extends PointRequest {
  protected override item(shape: RequestShape, index: number, blank: string): string {
    return JSON.stringify({
      ...{ level: index % 50 === 0 ? 50 : 30, ts: Number(blank), service: `gateway-${index % 7}` },
      correlation_id: `${shape.sender}-${Math.floor(index / 5)}`,
      ...{ symbol: shape.symbols[index % shape.symbols.length], venue: `V${index % 4}` },
      ...{ msg: EVENTS[index % EVENTS.length], value: Number(blank), attempt: index % 3 },
    });
  }
}

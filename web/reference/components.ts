import * as z from "zod";
import { alertRulePutSchema, alertRulesPutSchema } from "../../src/protocol/alerts/rule.ts";
import {
  alertPayloadSchema,
  webhookPushSchema,
  webhookSchema,
  webhookSetSchema,
  webhooksAnswerSchema,
  webhookTestSchema,
} from "../../src/protocol/alerts/webhook.ts";
import {
  alertHistoryAnswerSchema,
  alertRulesAnswerSchema,
  alertRulesSetSchema,
  alertsAnswerSchema,
  backtestAnswerSchema,
  backtestPushSchema,
  keptAlertRuleSchema,
} from "../../src/protocol/answers/alerts.ts";
import { correlationAnswerSchema, riskAnswerSchema } from "../../src/protocol/answers/analytics.ts";
import {
  acceptedSchema,
  bookAnswerSchema,
  historyAnswerSchema,
  metricNamesAnswerSchema,
  pollAnswerSchema,
  positionsAnswerSchema,
  seriesAnswerSchema,
  symbolsAnswerSchema,
  tradesAnswerSchema,
} from "../../src/protocol/answers/answers.ts";
import {
  attributionAnswerSchema,
  benchmarkPushSchema,
} from "../../src/protocol/answers/attribution.ts";
import {
  logLineSchema,
  logsAcceptedSchema,
  logsAnswerSchema,
} from "../../src/protocol/answers/logs.ts";
import {
  latencyAnswerSchema,
  notesAnswerSchema,
  orderAnswerSchema,
  ordersAnswerSchema,
  reconciliationAnswerSchema,
  slippageAnswerSchema,
} from "../../src/protocol/answers/orders.ts";
import { problemSchema } from "../../src/protocol/answers/problem.ts";
import { traceAnswerSchema } from "../../src/protocol/answers/trace.ts";
import { alertEventSchema } from "../../src/protocol/events/alert.ts";
import { barSchema, intervalSchema } from "../../src/protocol/events/bar.ts";
import { barPushSchema, barsAcceptedSchema } from "../../src/protocol/events/bar-push.ts";
import { bookEventSchema, bookPushSchema } from "../../src/protocol/events/book.ts";
import {
  eventSchema,
  metricEventSchema,
  metricPushSchema,
  positionEventSchema,
  positionPushSchema,
  tradeEventSchema,
  tradePushSchema,
} from "../../src/protocol/events/event.ts";
import { logEventSchema } from "../../src/protocol/events/log.ts";
import { noteEventSchema, notePushSchema } from "../../src/protocol/events/note.ts";
import { orderEventSchema, orderPushSchema } from "../../src/protocol/events/order.ts";
import { clientMessageSchema } from "../../src/protocol/socket/client-message.ts";
import { serverMessageSchema } from "../../src/protocol/socket/server-message.ts";
import { symbolSchema } from "../../src/protocol/words/symbol.ts";
import { cursorSchema, epochUsSchema, ts } from "../../src/protocol/words/time.ts";

/** Every schema that the document names: those that routes parse requests with, and those of their answers. */
const SCHEMAS = {
  Symbol: symbolSchema,
  EpochUs: epochUsSchema,
  Cursor: cursorSchema,
  Time: ts,
  Interval: intervalSchema,
  MetricPush: metricPushSchema,
  TradePush: tradePushSchema,
  PositionPush: positionPushSchema,
  BookPush: bookPushSchema,
  OrderPush: orderPushSchema,
  NotePush: notePushSchema,
  BarPush: barPushSchema,
  BenchmarkPush: benchmarkPushSchema,
  MetricEvent: metricEventSchema,
  TradeEvent: tradeEventSchema,
  PositionEvent: positionEventSchema,
  BookEvent: bookEventSchema,
  OrderEvent: orderEventSchema,
  NoteEvent: noteEventSchema,
  LogEvent: logEventSchema,
  AlertEvent: alertEventSchema,
  Event: eventSchema,
  Bar: barSchema,
  Accepted: acceptedSchema,
  BarsAccepted: barsAcceptedSchema,
  SymbolsAnswer: symbolsAnswerSchema,
  HistoryAnswer: historyAnswerSchema,
  SeriesAnswer: seriesAnswerSchema,
  MetricNamesAnswer: metricNamesAnswerSchema,
  PositionsAnswer: positionsAnswerSchema,
  TradesAnswer: tradesAnswerSchema,
  BookAnswer: bookAnswerSchema,
  OrdersAnswer: ordersAnswerSchema,
  OrderAnswer: orderAnswerSchema,
  LatencyAnswer: latencyAnswerSchema,
  SlippageAnswer: slippageAnswerSchema,
  ReconciliationAnswer: reconciliationAnswerSchema,
  NotesAnswer: notesAnswerSchema,
  LogsAccepted: logsAcceptedSchema,
  LogLine: logLineSchema,
  LogsAnswer: logsAnswerSchema,
  TraceAnswer: traceAnswerSchema,
  PollAnswer: pollAnswerSchema,
  CorrelationAnswer: correlationAnswerSchema,
  RiskAnswer: riskAnswerSchema,
  AttributionAnswer: attributionAnswerSchema,
  WebhookPush: webhookPushSchema,
  WebhookSet: webhookSetSchema,
  WebhookTest: webhookTestSchema,
  Webhook: webhookSchema,
  WebhooksAnswer: webhooksAnswerSchema,
  AlertPayload: alertPayloadSchema,
  AlertRulePut: alertRulePutSchema,
  AlertRulesPut: alertRulesPutSchema,
  AlertRulesSet: alertRulesSetSchema,
  KeptAlertRule: keptAlertRuleSchema,
  AlertRulesAnswer: alertRulesAnswerSchema,
  AlertsAnswer: alertsAnswerSchema,
  AlertHistoryAnswer: alertHistoryAnswerSchema,
  BacktestPush: backtestPushSchema,
  BacktestAnswer: backtestAnswerSchema,
  ServerMessage: serverMessageSchema,
  ClientMessage: clientMessageSchema,
  Problem: problemSchema,
  Alive: z.object({ status: z.literal("ok") }),
  Readiness: z.looseObject({
    status: z.enum(["ok", "degraded"]),
    database: z.looseObject({ reachable: z.boolean().nullable() }),
    warnings: z.array(z.string()),
  }),
  ExportPartialSuccess: z.looseObject({
    partialSuccess: z.looseObject({ errorMessage: z.string().optional() }).optional(),
  }),
} as const;

export type ComponentName = keyof typeof SCHEMAS;

export type JsonSchema = Record<string, unknown>;

/** What no schema can say for itself. */
const WORDS: Partial<Record<ComponentName, JsonSchema>> = {
  Symbol: {
    minLength: 1,
    maxLength: 64,
    description:
      "The name of an instrument: at most 200 bytes, letters and digits of any script, any of . _ : / - ^ = & ! + @ # $ ~ * ( ) and spaces inside. _system is for what belongs to none.",
  },
  EpochUs: { description: "Integer microseconds since the Unix epoch." },
  Cursor: {
    description:
      "A place in the log of a symbol, and a moment: integer microseconds since the Unix epoch.",
  },
  Time: {
    description:
      "RFC 3339 with an offset, or an integer: microseconds since the Unix epoch, or of the unit that precision says. Without it an event is of now.",
  },
  MetricPush: { description: "A point of a series. Without a symbol it belongs to _system." },
  TradePush: {
    description: "A trade. Of the same symbol, venue, id and ts the first is kept.",
  },
  PositionPush: {
    description: "What an account holds of a symbol from ts on: a state, not a change.",
  },
  BookPush: {
    description:
      "A whole order book (snapshot), or the levels that have changed (diff; size 0 takes a level out).",
  },
  OrderPush: { description: "A state of an order: of all its states the newest wins." },
  NotePush: { description: "A mark in the time of a symbol, as for its chart." },
  BarPush: { description: "A bar from elsewhere, of a bucket that is over." },
  Problem: { description: "Why a request was refused, and what to do (RFC 9457)." },
  ServerMessage: { description: "What a room says on a WebSocket." },
  ClientMessage: { description: "What a viewer says on a WebSocket, beside the text ping." },
};

/** All components as JSON Schema 2020-12, which OpenAPI 3.1 takes as it is. */
export function components(): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(SCHEMAS)) registry.add(schema as z.ZodType, { id });
  const { schemas } = z.toJSONSchema(registry, {
    ...ON_THE_WIRE,
    uri: (id) => `${REF}${id}`,
    override: ({ zodSchema, jsonSchema }) => {
      // A pipe from anything tells of its input that it is anything: what it leads to says more.
      if (zodSchema instanceof z.ZodPipe && zodSchema.in instanceof z.ZodUnknown) {
        const { $schema, ...seen } = z.toJSONSchema(zodSchema.out, ON_THE_WIRE);
        Object.assign(jsonSchema, seen);
      }
      // A double's whole numbers say nothing of the field.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema, $id, ...schema }]) => [
      name,
      { ...WORDS[name as ComponentName], ...(schema as JsonSchema) },
    ]),
  );
}

/** Brands are ours alone. */
const ON_THE_WIRE = { io: "input", unrepresentable: "any" } as const;

const REF = "#/components/schemas/";

export function refTo(name: ComponentName): { $ref: string } {
  return { $ref: `${REF}${name}` };
}

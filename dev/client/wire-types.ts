import * as z from "zod";
import { pollAnswerSchema } from "../../src/protocol/answers/answers.ts";
import { alertEventSchema } from "../../src/protocol/events/alert.ts";
import { bookEventSchema } from "../../src/protocol/events/book.ts";
import {
  eventSchema,
  metricEventSchema,
  positionEventSchema,
  tradeEventSchema,
} from "../../src/protocol/events/event.ts";
import { logEventSchema } from "../../src/protocol/events/log.ts";
import { noteEventSchema } from "../../src/protocol/events/note.ts";
import { orderEventSchema } from "../../src/protocol/events/order.ts";
import {
  barMessageSchema,
  caughtUpSchema,
  errorMessageSchema,
  eventsSchema,
  gapSchema,
  helloSchema,
  liveBarSchema,
  serverMessageSchema,
  snapshotSchema,
} from "../../src/protocol/socket/server-message.ts";
import { latestSchema, streamErrorSchema } from "../../src/protocol/streams/server-message.ts";

/** What a program that watches meets, under the names that the client's sources have for it. */
const NAMED = {
  MetricEvent: metricEventSchema,
  TradeEvent: tradeEventSchema,
  PositionEvent: positionEventSchema,
  BookEvent: bookEventSchema,
  OrderEvent: orderEventSchema,
  NoteEvent: noteEventSchema,
  LogEvent: logEventSchema,
  AlertEvent: alertEventSchema,
  TapeEvent: eventSchema,
  LiveBar: liveBarSchema,
  Hello: helloSchema,
  Snapshot: snapshotSchema,
  EventsMessage: eventsSchema,
  BarMessage: barMessageSchema,
  CaughtUp: caughtUpSchema,
  Gap: gapSchema,
  ErrorMessage: errorMessageSchema,
  ServerMessage: serverMessageSchema,
  PollAnswer: pollAnswerSchema,
  LatestMessage: latestSchema,
  StreamError: streamErrorSchema,
} as const;

type JsonSchema = z.core.JSONSchema.JSONSchema;

/**
 * The wire types as declarations without zod, made from the schemas: TypeScript's own declarations of them would need
 * zod wherever the client is installed. Brands are left out, so a cursor that was kept as JSON can be given back.
 */
export function wireTypes(): string {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    io: "input",
    uri: (id) => id,
    override({ zodSchema, jsonSchema }) {
      const { def } = zodSchema._zod;
      // What is looked at before it is taken for what it is: the input says `unknown`, and the answer is the output.
      if (def.type === "pipe" && def.in._zod.def.type === "unknown") {
        Object.assign(jsonSchema, z.toJSONSchema(def.out));
      }
    },
  });
  const declared = Object.keys(NAMED).map(
    (name) => `export type ${name} = ${typeText(schemas[name] ?? {})};\n`,
  );
  return [
    "/** Integer microseconds since the Unix epoch. A cursor is a position in a room's log and such a moment. */\n",
    "export type Cursor = number;\n",
    "/** Names one life of a room's log: kept with a cursor, and given back with it. */\n",
    "export type LogId = string;\n",
    ...declared,
  ].join("");
}

/** The TypeScript of a JSON schema, as far as our messages go. */
function typeText(schema: JsonSchema | boolean): string {
  if (typeof schema === "boolean") return schema ? "unknown" : "never";
  if (Object.keys(schema).length === 0) return "unknown";
  if (schema.$ref !== undefined) return schema.$ref;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return choices.map(typeText).join(" | ");
  // A choice of plain types is one schema with several of them; zod's own type of a schema does not know that.
  const type = schema.type as JsonSchema["type"] | NonNullable<JsonSchema["type"]>[];
  if (Array.isArray(type))
    return type.map((each) => typeText({ ...schema, type: each })).join(" | ");
  switch (type) {
    case "object":
      return objectText(schema);
    case "array":
      return arrayText(schema);
    case "integer":
    case "number":
      return "number";
    case "string":
    case "boolean":
    case "null":
      return type;
    default:
      throw new Error(`the client's types cannot say ${JSON.stringify(schema)}`);
  }
}

function objectText({ properties, required, additionalProperties }: JsonSchema): string {
  if (properties === undefined) return `Record<string, ${typeText(additionalProperties ?? true)}>`;
  const fields = Object.entries(properties).map(([name, each]) => {
    const mark = required?.includes(name) ? "" : "?";
    return `${name}${mark}: ${typeText(each)}`;
  });
  return `{ ${fields.join("; ")} }`;
}

function arrayText({ prefixItems, items }: JsonSchema): string {
  if (prefixItems !== undefined) return `[${prefixItems.map(typeText).join(", ")}]`;
  return `(${typeText((items as JsonSchema | undefined) ?? true)})[]`;
}

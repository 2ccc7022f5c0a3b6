import type { InSteps } from "../in-steps.ts";
import { type PointLimits, TooManyPoints } from "../points/points.ts";
import { ProtobufReader } from "../wire/protobuf-reader.ts";

/** Attributes of a resource, which has more of them than a series, and of a record of a log. */
export const MOST_ATTRIBUTES = 256;

/** What is read of the requests of all signals, each of which has a message of its own for what a scope holds. */
export interface EnvelopeReaders<Attribute> {
  readAttribute(reader: ProtobufReader): Attribute;
  /** Whose scopes come next. */
  resource(attributes: readonly Attribute[]): void;
  /** Goes through the scope that `reader` is in. */
  readScope(reader: ProtobufReader): InSteps<void>;
}

/**
 * What holds points or records: resources, scopes, metrics. An empty one is two bytes of a body, and takes as long to be read as a point,
 * so there may be as many as events.
 */
export class GroupCount {
  readonly #most: number;
  #count = 0;

  constructor({ events }: Pick<PointLimits, "events">) {
    this.#most = events === 0 ? Number.POSITIVE_INFINITY : events;
  }

  /** @throws TooManyPoints */
  add(): void {
    this.#count += 1;
    if (this.#count > this.#most) throw new TooManyPoints();
  }
}

/**
 * Reads an `Export*ServiceRequest`: resources, and of each its attributes and then its scopes, in whatever order they came
 * (opentelemetry/proto/collector).
 *
 * @throws TooManyPoints
 */
export function* readEnvelope<Attribute>(
  bytes: Uint8Array,
  readers: EnvelopeReaders<Attribute>,
  groups: GroupCount,
): InSteps<void> {
  const reader = new ProtobufReader(bytes);
  while (reader.next()) {
    if (reader.isTurnOver()) yield;
    if (reader.field !== 1) {
      reader.skip();
      continue;
    }
    groups.add();
    const outer = reader.enter();
    yield* readOfResource(reader, readers, groups);
    reader.leave(outer);
  }
}

function* readOfResource<Attribute>(
  reader: ProtobufReader,
  readers: EnvelopeReaders<Attribute>,
  groups: GroupCount,
): InSteps<void> {
  const start = reader.place;
  const attributes: Attribute[] = [];
  while (reader.next()) {
    if (reader.isTurnOver()) yield;
    if (reader.field === 1) readResource(reader, readers, attributes);
    else reader.skip();
  }
  reader.goTo(start);
  readers.resource(attributes);
  while (reader.next()) {
    if (reader.isTurnOver()) yield;
    if (reader.field !== 2) {
      reader.skip();
      continue;
    }
    groups.add();
    const outer = reader.enter();
    yield* readers.readScope(reader);
    reader.leave(outer);
  }
}

function readResource<Attribute>(
  reader: ProtobufReader,
  { readAttribute }: EnvelopeReaders<Attribute>,
  attributes: Attribute[],
): void {
  const outer = reader.enter();
  while (reader.next()) {
    if (reader.field === 1 && attributes.length < MOST_ATTRIBUTES) {
      attributes.push(readAttribute(reader));
    } else reader.skip();
  }
  reader.leave(outer);
}

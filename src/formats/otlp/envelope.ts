import { ProtobufReader } from "../wire/protobuf-reader.ts";

/** Attributes of a resource, which has more of them than a series. */
const MOST_ATTRIBUTES = 256;

/** What is read of the requests of all signals, each of which has a message of its own for what a scope holds. */
export interface EnvelopeReaders<Attribute> {
  readAttribute(reader: ProtobufReader): Attribute;
  /** Whose scopes come next. */
  resource(attributes: readonly Attribute[]): void;
  readScope(reader: ProtobufReader): void;
}

/**
 * Reads an `Export*ServiceRequest`: resources, and of each its attributes and then its scopes, in whatever order they came
 * (opentelemetry/proto/collector).
 */
export function readEnvelope<Attribute>(
  bytes: Uint8Array,
  readers: EnvelopeReaders<Attribute>,
): void {
  const reader = new ProtobufReader(bytes);
  while (reader.next()) {
    if (reader.field === 1) readOfResource(reader, readers);
    else reader.skip();
  }
}

function readOfResource<Attribute>(
  reader: ProtobufReader,
  readers: EnvelopeReaders<Attribute>,
): void {
  const outer = reader.enter();
  const start = reader.place;
  const attributes: Attribute[] = [];
  while (reader.next()) {
    if (reader.field === 1) readResource(reader, readers, attributes);
    else reader.skip();
  }
  reader.goTo(start);
  readers.resource(attributes);
  while (reader.next()) {
    if (reader.field === 2) readers.readScope(reader);
    else reader.skip();
  }
  reader.leave(outer);
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

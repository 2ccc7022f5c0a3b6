import type { HostUse } from "../core/limits/descriptor-budget.ts";
import type { Family } from "../core/metrics/families.ts";
import type { HostName } from "../core/placement/placement.ts";

/** Bindings of the classes whose objects each belong to one runtime. */
export type ObjectBinding =
  | "HOST"
  | "RELAY"
  | "STREAMS"
  | "WRITER"
  | "KEEPER"
  | "KEYS"
  | "NOTIFIER"
  | "ROOM"
  | "DIRECTORY";

/** An object, wherever it is. */
export interface ObjectAddress {
  binding: ObjectBinding;
  name: string;
}

/** Header of a request that another runtime's object is to answer: its address, as JSON. */
export const ADDRESS_HEADER = "x-edgetape-object";

/** What a runtime may ask of another one on the same machine. */
export interface DoorCalls {
  /** Calls a method of an object of that runtime. */
  call(address: ObjectAddress, method: string, args: unknown[]): Promise<unknown>;
  /** May these hosts, which are that runtime's, be used by its count of descriptors? */
  takeHosts(hosts: readonly HostName[], use: HostUse): Promise<boolean>;
  /** All metrics of that runtime. */
  metrics(): Promise<Family[]>;
  /** The newest lines of that runtime's log that hold a text. */
  linesHolding(text: string): Promise<string[]>;
}

/** The door of another runtime. `fetch` is for a request with the header above: a viewer's upgrade. */
export interface DoorBinding extends DoorCalls {
  fetch(request: Request): Promise<Response>;
}

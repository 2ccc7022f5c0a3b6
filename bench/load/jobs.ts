import type { RequestShape } from "./posts/points.ts";
import type { LatencySummary } from "./samples.ts";
import type { Acks } from "./viewers/viewer.ts";

/** Remote write, OTLP in protobuf, line protocol. */
export type FormOfOthers = "write" | "otlp" | "influx";

/** What the harness asks of the load processes, and what they answer. */
export type PostJob = {
  port: number;
  /** Points as JSON, in one of the forms of others, log lines, or ready frames for the bare room. */
  body: "points" | FormOfOthers | "lines" | "frame";
  /** One a connection; with fewer shapes than connections they repeat. */
  shapes: RequestShape[];
  connections: number;
  warmupSeconds: number;
  seconds: number;
  /** Absent: each connection sends its next request when the last is answered. */
  requestsPerSecond?: number | undefined;
};

export type PostResult = {
  seconds: number;
  requests: number;
  points: number;
  /** All points answered with 2xx, before and after the measured time too: what must be found in the database. */
  acknowledgedPoints: number;
  /** Requests per second answered with 2xx. */
  requestsPerSecond: number;
  pointsPerSecond: number;
  /** Open loop: from the moment a request was due. Closed loop: from its sending. */
  latency: LatencySummary;
  /** Open loop: how late the generator itself sent. */
  lateness: LatencySummary;
  /** By status, and the first text of each. */
  refused: Record<string, { count: number; first: string }>;
  /** CPU of the generator, in microseconds a request. */
  generatorUsPerRequest: number;
};

export type ViewerJob =
  | {
      do: "connect";
      port: number;
      /** Viewers go round over these. */
      paths: string[];
      count: number;
      acks: Acks;
      /** Ready is: the upgrade is done, or the room has said `caught_up`. */
      ready: "open" | "caught_up";
      /** How many may be in the middle of connecting. */
      atOnce: number;
    }
  /** Every viewer of the last `connect` comes back with its own cursor, all at once. */
  | { do: "reconnect"; expectedSerial: number }
  | { do: "measure" }
  | { do: "report" }
  | { do: "drop" };

export type ViewerResult = {
  viewers: number;
  lost: Record<string, number>;
  /** From the first connect to the last viewer that is ready. */
  readyMs: number;
  messages: number;
  /** Not counted in a stream. */
  events: number;
  /** Of live messages. */
  bytes: number;
  /** Seconds since `measure`. */
  seconds: number;
  latency: LatencySummary;
  gaps: number;
  /** Cursors that did not grow. */
  backward: number;
  /** Serial numbers that were left out, or came twice, over all viewers. */
  missed: number;
  repeated: number;
  /** Viewers that have seen the expected serial number. */
  complete: number;
  /** CPU of this process since `measure`, in microseconds a message. */
  generatorUsPerMessage: number;
};

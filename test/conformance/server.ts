/** What a check may do to the server it looks at: ask it, connect to it, and wait. The network stands behind this, or a fake. */
export interface Server {
  http(path: string, request?: HttpRequest): Promise<Answer>;
  connect(path: string, request?: ConnectRequest): Promise<Connection | Refusal>;
  clock: Clock;
  /** A symbol that nobody has pushed, of this run alone. */
  newSymbol(): string;
}

export interface HttpRequest {
  method?: "GET" | "POST";
  body?: string | Uint8Array<ArrayBuffer>;
  headers?: Readonly<Record<string, string>>;
  /** Absent: the token of the run. Null: none. */
  token?: string | null;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
}

export interface ConnectRequest {
  /** Subprotocols that are offered; absent: `edgetape.v1`. */
  protocols?: readonly string[];
  headers?: Readonly<Record<string, string>>;
  /** As of a request; it goes into `Authorization`. */
  token?: string | null;
}

/** What a socket brings next. */
export type Arrival = { kind: "message"; text: string } | { kind: "closed"; code: number };

export interface Connection {
  kind: "open";
  /** The subprotocol that the answer names; empty where it names none. */
  protocol: string;
  /** The extensions that were negotiated; empty where there are none. */
  extensions: string;
  send(data: string | Uint8Array): void;
  close(code?: number): void;
  isOpen(): boolean;
  /** In the order it came. After `closed` it resolves with that again. */
  read(): Promise<Arrival>;
}

/** An upgrade that was answered by HTTP. */
export interface Refusal extends Answer {
  kind: "refused";
}

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  nowMs(): number;
  sleep(ms: number): Promise<void>;
}

/** One thing that a rule of SPEC promises. It resolves where the server keeps it, and throws `Unmet` where it does not. */
export interface Check {
  rule: string;
  /** How long it waits by its nature, in seconds; absent: not at all. */
  takesS?: number;
  run(server: Server): Promise<void>;
}

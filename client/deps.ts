/** The part of a WebSocket that a tape uses; the browser's and Node's own both are one. */
export interface SocketLike {
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export interface PollResponse {
  ok: boolean;
  status: number;
  json(): Promise<unknown>;
  /** Absent where it cannot be read while it comes: there are no server-sent events then. */
  body?: ReadableStream<Uint8Array> | null;
}

/** Everything a tape takes from the world. */
export interface TapeDeps {
  /** Wall clock in ms. It stands still for nobody: a jump is how a sleep is noticed. */
  nowMs(): number;
  random(): number;
  /** Calls back once after `delayMs`; the function it returns calls it off. */
  setTimer(callback: () => void, delayMs: number): () => void;
  openSocket(url: string, protocols: string[]): SocketLike;
  fetch(
    url: string,
    init: { headers: Record<string, string>; signal: AbortSignal },
  ): Promise<PollResponse>;
  /** The text of a message of raw DEFLATE (SPEC ST-12). Absent where the runtime has nothing for it: all messages come as text then. */
  unpack?(packed: ArrayBuffer): Promise<string>;
  isOnline(): boolean;
  /** Tells of the network and the page; the function it returns stops that. */
  watch(notice: (event: "woke" | "wentOnline" | "wentOffline") => void): () => void;
  /** Takes an error of the consumer's own to where its runtime shows uncaught ones. */
  report(error: unknown): void;
}

/** What opens sockets where the runtime has no `WebSocket`, as Node before 22: each fails before it is open. */
export function noSocket(): SocketLike {
  const socket: SocketLike = {
    onmessage: null,
    onclose: null,
    onerror: null,
    send() {},
    close() {},
  };
  queueMicrotask(() => socket.onerror?.({}));
  return socket;
}

function openSocket(url: string, protocols: string[]): SocketLike {
  const socket = new WebSocket(url, protocols);
  socket.binaryType = "arraybuffer";
  return socket as SocketLike;
}

/** The browser as it is, and as much of it as Node has: before 22 no `WebSocket`, and so server-sent events and polling alone. */
export function browserDeps(): TapeDeps {
  return {
    nowMs: () => Date.now(),
    random: () => Math.random(),
    setTimer(callback, delayMs) {
      const timer = setTimeout(callback, delayMs);
      return () => clearTimeout(timer);
    },
    openSocket: typeof WebSocket === "undefined" ? noSocket : openSocket,
    fetch: (url, init) => fetch(url, init),
    // Node has no `onLine`; a missing word is no bad news.
    isOnline: () => globalThis.navigator?.onLine !== false,
    watch(notice) {
      if (typeof document === "undefined") return () => {};
      const stop = new AbortController();
      const { signal } = stop;
      window.addEventListener("online", () => notice("wentOnline"), { signal });
      window.addEventListener("offline", () => notice("wentOffline"), { signal });
      window.addEventListener("pageshow", () => notice("woke"), { signal });
      document.addEventListener(
        "visibilitychange",
        () => {
          if (document.visibilityState === "visible") notice("woke");
        },
        { signal },
      );
      return () => stop.abort();
    },
    // Node has no `reportError`: thrown where nobody catches it, an error ends the process as any other does.
    report: (error) =>
      typeof reportError === "function"
        ? reportError(error)
        : queueMicrotask(() => {
            throw error;
          }),
  };
}

import type { SocketLike } from "./deps.ts";

/** What a socket that was never opened, or broke, is closed with (RFC 6455, 7.4.1). */
export const ABNORMAL_CLOSURE = 1006;

/** A socket that is made a moment later, as when a token has to be asked for first. */
export function lateSocket(making: Promise<SocketLike>): SocketLike {
  let made: SocketLike | null = null;
  let isClosed = false;
  const late: SocketLike = {
    onmessage: null,
    onclose: null,
    onerror: null,
    send: (text) => made?.send(text),
    close(code, reason) {
      isClosed = true;
      made?.close(code, reason);
    },
  };
  making.then(
    (socket) => {
      made = socket;
      socket.onmessage = (event) => late.onmessage?.(event);
      socket.onclose = (event) => late.onclose?.(event);
      socket.onerror = (event) => late.onerror?.(event);
      if (isClosed) socket.close(1000);
    },
    () => late.onclose?.({ code: ABNORMAL_CLOSURE, reason: "" }),
  );
  return late;
}

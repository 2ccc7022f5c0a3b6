/** The WebSocket subprotocol a client asks for and the room answers with (SPEC P-1). */
export const SUBPROTOCOL = "edgetape.v1";

/** Prefix of the subprotocol entry that carries a token for browsers, which cannot set headers (SPEC P-3). */
export const BEARER_SUBPROTOCOL_PREFIX = "bearer.";

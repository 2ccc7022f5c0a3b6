import * as z from "zod";
import { CLOSE_CODES } from "../../src/protocol/socket/close-codes.ts";
import { numbers, pushPoints, refusal } from "./asking.ts";
import { equals, holds, NotSeen, parsed, Unmet } from "./expectation.ts";
import type { Check, Server } from "./server.ts";
import { open, socketPath, Viewer } from "./viewer.ts";

const ACK = '{"type":"ack","cursor":0}';

/** Limits as they are where nobody has set them. */
export const limits: readonly Check[] = [
  { rule: "L-1", run: longMessages },
  { rule: "L-2", run: manyMessages },
  { rule: "L-3", run: manyConnects },
  { rule: "L-6", run: messagesOfManySockets },
  { rule: "L-21", run: descriptors },
];

async function longMessages(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await pushPoints(server, symbol, 1);
  equals("extensions", (await open(server, symbol)).extensions, "");
  const viewer = await Viewer.live(server, symbol);
  viewer.send("x".repeat(65_536));
  equals("64 KiB answered", (await viewer.expect("error")).code, "bad_message");
  viewer.send(`${"€".repeat(21_845)}xx`);
  await viewer.closedWith(CLOSE_CODES.messageTooLarge.code);
}

async function manyMessages(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await pushPoints(server, symbol, 1);
  const talker = await Viewer.live(server, symbol);
  const witness = await Viewer.live(server, symbol);
  for (const _ of numbers(0, 3_000)) talker.send(ACK);
  await talker.closedWith(CLOSE_CODES.tooManyMessages.code);
  await pushPoints(server, symbol, 2);
  await witness.expect("events");
}

async function messagesOfManySockets(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await pushPoints(server, symbol, 1);
  const viewers = await Promise.all([1, 2, 3].map(() => Viewer.live(server, symbol)));
  // Of each fewer than a thousand.
  for (const _ of numbers(0, 900)) for (const viewer of viewers) viewer.send(ACK);
  const closes = viewers.map((viewer) => viewer.closedWith(CLOSE_CODES.tooManyMessages.code));
  await Promise.any(closes).catch((error: AggregateError) => {
    throw error.errors[0];
  });
}

async function manyConnects(server: Server): Promise<void> {
  const symbol = server.newSymbol();
  await pushPoints(server, symbol, 1);
  for (const connects of numbers(1, 10)) {
    const answer = await server.connect(socketPath(symbol));
    if (answer.kind !== "open") throw new Unmet(`connect ${connects} of 10`, answer.text);
  }
  const refused = await server.connect(socketPath(symbol));
  holds("the 11th connect of a minute refused", refused.kind === "refused", refused.kind);
  refusal("the 11th connect of a minute", refused, 429);
  const retryAfterS = Number(refused.headers.get("retry-after"));
  holds("Retry-After of 1 to 60", retryAfterS >= 1 && retryAfterS <= 60, retryAfterS);
}

const readySchema = z.object({
  descriptors: z
    .object({
      limit: z.int(),
      open: z.int(),
      kept: z.int(),
      most_viewers: z.int(),
      // Only where there are several hosts.
      most_open_hosts: z.int().optional(),
    })
    .nullish(),
});

async function descriptors(server: Server): Promise<void> {
  const { text } = await server.http("/readyz");
  const told = parsed("the answer of /readyz", readySchema, text).descriptors;
  if (told === undefined || told === null) throw new NotSeen("the server tells no descriptors");
  holds("more descriptors than are open", told.limit > told.open && told.open > 0, told);
  const { text: forNobody } = await server.http("/readyz", { token: null });
  holds("and not to who has no token", !forNobody.includes('"descriptors"'), forNobody);
}

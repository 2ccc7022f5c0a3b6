import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { Guard } from "../../../../dev/guard/guard.ts";

const folder = mkdtempSync(join(tmpdir(), "edgetape-guard-"));
const path = join(folder, "runtimes.sock");
const LIMITS = { idle: 4, busy: 4, long: 3 };
let runtime: Server;
let server: Server;
let guard: Guard;
let port: number;
const clients: Socket[] = [];
/** What the runtime was asked, but polls, which it never answers. */
const begun: string[] = [];

beforeAll(async () => {
  runtime = createServer((asked, response) => {
    const answer = (body: string) => {
      response.setHeader("x-method", asked.method ?? "");
      response.end(JSON.stringify({ headers: asked.headers, body }));
    };
    if (asked.url === "/poll") return;
    begun.push(asked.url ?? "");
    // Of one that is closed in the midst of it nothing is answered.
    textOf(asked).then(answer, () => undefined);
  });
  const sockets = new WebSocketServer({ noServer: true });
  runtime.on("upgrade", (asked, socket, head) => {
    if (asked.url === "/refused") {
      socket.end("HTTP/1.1 503 Busy\r\nretry-after: 3\r\ncontent-length: 4\r\n\r\nbusy");
      return;
    }
    sockets.handleUpgrade(asked, socket, head, (ws) => ws.on("message", (data) => ws.send(data)));
  });
  runtime.listen(path);
  guard = new Guard(path, LIMITS);
  server = guard.server();
  server.listen(0, "127.0.0.1");
  await Promise.all([once(runtime, "listening"), once(server, "listening")]);
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  for (const client of clients) client.destroy();
  guard.close();
  runtime.close();
  runtime.closeAllConnections();
  rmSync(folder, { recursive: true });
});

/** A connection that has sent this, and what it is answered until it is closed. */
function send(text: string): { socket: Socket; all: Promise<string> } {
  const socket = connect(port, "127.0.0.1");
  clients.push(socket);
  socket.on("error", () => undefined);
  let heard = "";
  socket.setEncoding("latin1").on("data", (part) => {
    heard += part;
  });
  socket.write(text);
  return { socket, all: once(socket, "close").then(() => heard) };
}

const soon = (word: string) => new Promise((resolve) => setTimeout(resolve, 100, word));

const url = (at: string) => `http://127.0.0.1:${port}${at}`;

it("hands on a request as it came, and says who sent it, whatever the sender says of that", async () => {
  const answer = await fetch(url("/a?b=c"), {
    method: "PUT",
    headers: { "x-edgetape-cf": '{"clientIp":"9.9.9.9:1"}', authorization: "Bearer x" },
    body: "é".repeat(100_000),
  });
  expect(answer.headers.get("x-method")).toBe("PUT");
  const { headers, body } = (await answer.json()) as {
    headers: Record<string, string>;
    body: string;
  };
  expect(JSON.parse(headers["x-edgetape-cf"] ?? "")).toEqual({
    clientIp: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
  });
  expect(headers["authorization"]).toBe("Bearer x");
  expect(headers["host"]).toBe(`127.0.0.1:${port}`);
  expect(body).toBe("é".repeat(100_000));
});

it("answers one request after another on one connection, and whoever would rather upgrade to HTTP/2", async () => {
  const first = "POST /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n";
  const last = "GET /2 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
  const h2c = "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMA\r\n";
  const atOnce = send(`${first}\r\nhi${last}`);
  expect((await atOnce.all).split("HTTP/1.1 200")).toHaveLength(3);
  const { socket, all } = send(`${first}${h2c}\r\nhi`);
  await once(socket, "data");
  socket.write(last);
  const heard = await all;
  expect(heard.split("HTTP/1.1 200")).toHaveLength(3);
  expect(heard).toContain('"body":"hi"');
  expect(heard).not.toContain("h2c");
});

it("hands on an upgrade, both ways, and the words of one that is refused", async () => {
  const socket = new WebSocket(url("/ws").replace("http", "ws"));
  await once(socket, "open");
  socket.send("hello");
  expect(String((await once(socket, "message"))[0])).toBe("hello");
  socket.close();
  await once(socket, "close");
  const refused = new WebSocket(url("/refused").replace("http", "ws"));
  refused.on("error", () => undefined);
  const [request, response] = await once(refused, "unexpected-response");
  expect([response.statusCode, response.headers["retry-after"]]).toEqual([503, "3"]);
  request.destroy();
});

it("L-20 refuses in words what a runtime may not be able to take", async () => {
  guard.hasSpare(20);
  const refused = await fetch(url("/"));
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await refused.json()).toMatchObject({ type: "urn:edgetape:problem:busy" });
  const upgrade = new WebSocket(url("/ws").replace("http", "ws"));
  upgrade.on("error", () => undefined);
  const [request, response] = await once(upgrade, "unexpected-response");
  expect(response.statusCode).toBe(503);
  request.destroy();
  guard.hasSpare(600);
  expect((await fetch(url("/"))).status).toBe(200);
});

it("L-20 answers while more connections than it may have ask nothing, or half of something", async () => {
  const half = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\nhalf";
  const parts = ["", "GET / HTTP/1.1\r\nhost: a\r\nx-", half];
  const sent = Array.from({ length: 30 }, (_, at) => send(parts[at % 3] as string));
  for (let at = 0; at < 10; at += 1) expect((await fetch(url("/"))).status).toBe(200);
  const open = sent.filter(({ socket }) => !socket.destroyed && !socket.readableEnded);
  expect(open.length).toBeLessThanOrEqual(LIMITS.idle + LIMITS.busy);
  for (const { socket } of sent) socket.destroy();
});

it("answers what cannot be handed on, and goes on", async () => {
  const odd = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n";
  expect(await send(`${odd}trailer: x-a\r\n\r\n`).all).toContain("HTTP/1.1 200");
  expect(await send(`${odd}x-a: \u00ff\r\n\r\n`).all).toContain("HTTP/1.1 200");
  expect((await fetch(url("/"))).status).toBe(200);
});

it("takes an upgrade with a body for a request like any other", async () => {
  const upgrade = "connection: Upgrade\r\nupgrade: websocket\r\ncontent-length: 2\r\n";
  const { socket } = send(`GET /up HTTP/1.1\r\nhost: a\r\n${upgrade}\r\nhi`);
  expect(String((await once(socket, "data"))[0])).toContain('"body":"hi"');
  socket.destroy();
});

const poll = "GET /poll HTTP/1.1\r\nhost: a\r\n\r\n";

it("L-20 health and pushes get in beside polls that have all places of long requests", async () => {
  const polls = Array.from({ length: 10 }, () => send(poll));
  // Three wait, and the others are refused in words.
  const refused = await Promise.all(polls.slice(LIMITS.long).map(({ all }) => all));
  expect(new Set(refused.map((text) => text.slice(0, 12)))).toEqual(new Set(["HTTP/1.1 503"]));
  const push = { method: "POST", headers: { authorization: "Bearer x" }, body: "hi" };
  for (let at = 0; at < 5; at += 1) {
    expect((await fetch(url("/healthz"))).status).toBe(200);
    expect((await fetch(url("/api/metrics"), push)).status).toBe(200);
  }
  expect((await fetch(url("/api/symbols"))).status).toBe(503);
  for (const { socket } of polls) socket.destroy();
});

it("L-20 begins what a connection sends ahead in its turn, and closes one that sends hundreds", async () => {
  const ahead = send(`${poll}${"GET /ahead HTTP/1.1\r\nhost: a\r\n\r\n".repeat(200)}`);
  const flood = send(`${poll}${"GET /ahead HTTP/1.1\r\nhost: a\r\n\r\n".repeat(600)}`);
  await flood.all;
  expect((await fetch(url("/healthz"))).status).toBe(200);
  expect(begun).not.toContain("/ahead");
  ahead.socket.destroy();
  const last = "GET /last HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
  const all = await send(`${"GET /next HTTP/1.1\r\nhost: a\r\n\r\n".repeat(20)}${last}`).all;
  expect(all.split("HTTP/1.1 200")).toHaveLength(22);
  // All of their places are free again.
  const polls = Array.from({ length: LIMITS.long }, () => send(poll));
  expect(await Promise.race([...polls.map((one) => one.all), soon("no answer")])).toBe("no answer");
  for (const { socket } of polls) socket.destroy();
});

it("says with its last answers that they are the last, and closes nothing before", async () => {
  const other = new Guard(path, LIMITS);
  const last = other.server();
  last.listen(0, "127.0.0.1");
  await once(last, "listening");
  const { port: lastPort } = last.address() as AddressInfo;
  const socket = connect(lastPort, "127.0.0.1");
  clients.push(socket);
  let heard = "";
  socket.setEncoding("latin1").on("data", (part) => {
    heard += part;
  });
  const ask = "GET /a HTTP/1.1\r\nhost: a\r\n\r\n";
  socket.write(ask);
  await once(socket, "data");
  expect(heard.toLowerCase()).not.toContain("connection: close");
  other.sayLast();
  await soon("closed");
  expect(socket.readableEnded).toBe(false);
  socket.write(ask);
  await once(socket, "close");
  expect(heard.split("HTTP/1.1 200")).toHaveLength(3);
  expect(heard.toLowerCase()).toContain("connection: close");
});

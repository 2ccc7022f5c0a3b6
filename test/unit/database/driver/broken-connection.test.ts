import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { openPostgres } from "../../../../dev/database/postgres-backend.ts";
import { soon } from "../../../soon.ts";

const AUTHENTICATED = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]);
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
const DONE = Buffer.concat([Buffer.from([0x43, 0, 0, 0, 8]), Buffer.from("SET\0"), READY]);

/** A Postgres that lets in, takes what pins a session, and is gone at the first statement. */
function breakAtStatement(socket: Socket): void {
  const answers = [Buffer.concat([AUTHENTICATED, READY]), DONE];
  socket.on("error", () => undefined);
  socket.on("data", () => {
    const answer = answers.shift();
    if (answer === undefined) socket.destroy();
    else socket.write(answer);
  });
}

async function postgresAt(answer: (socket: Socket) => void) {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const backend = openPostgres(`postgres://edgetape:secret@127.0.0.1:${port}/edgetape`);
  onTestFinished(async () => {
    await backend.close();
    server.close();
  });
  return backend;
}

test("a connection that breaks under its statement rejects that, and ends nothing else", async () => {
  const backend = await postgresAt(breakAtStatement);
  for (let time = 0; time < 2; time += 1) {
    await expect(backend.run({ text: "select 1", params: [] })).rejects.toThrow(
      /terminated|ECONNRESET/,
    );
  }
});

test("a call that is given up ends, though the database takes no cancellation either", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  let statements = 0;
  // It lets in, takes what pins a session, and says nothing any more.
  const backend = await postgresAt((socket) => {
    const answers = [Buffer.concat([AUTHENTICATED, READY]), DONE];
    socket.on("error", () => undefined);
    socket.on("data", () => {
      const answer = answers.shift();
      if (answer === undefined) statements += 1;
      else socket.write(answer);
    });
  });
  const given = new AbortController();
  const call = backend.run({ text: "select 1", params: [] }, { signal: given.signal });
  const ended = expect(call).rejects.toThrow("terminated");
  await soon(() => expect(statements).toBeGreaterThan(0));
  given.abort();
  await soon(() => expect(statements).toBeGreaterThan(1));
  vi.advanceTimersByTime(5_000);
  await ended;
});

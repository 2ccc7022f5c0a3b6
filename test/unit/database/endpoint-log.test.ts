import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { createEndpoint } from "../../../dev/database/endpoint.ts";
import { openDatabase } from "../../../src/db/driver/database.ts";
import { failureOf } from "../../../src/db/driver/database-error.ts";

const SECRET = "a secret of thirty-two characters or more";

it("I-10 a statement that finds no database is said with the id of the request that asked it, also where it is one of several", async () => {
  const said: [string, Record<string, unknown>][] = [];
  const away = () => Promise.reject(new Error("connect ECONNREFUSED"));
  const open = async () => {
    const server = createEndpoint({
      ...{ secret: SECRET, kind: "postgres", version: "15" },
      backend: { run: away, transaction: away, close: async () => undefined },
      log: (_level, event, facts) => void said.push([event, facts]),
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const url = `postgres://edgetape:${encodeURIComponent(SECRET)}@127.0.0.1:${port}/edgetape`;
    const endpoint = `http://127.0.0.1:${port}/sql`;
    return { server, db: openDatabase({ url, endpoint, timeoutMs: 5_000 }) };
  };
  const statement = { text: "select $1", params: ["/* correlation_id=theirs */ not this"] };
  const calls = [
    (db: ReturnType<typeof openDatabase>) => db.query("select 1", [], "ours.1"),
    (db: ReturnType<typeof openDatabase>) => db.transaction([statement, statement], "ours.2"),
    (db: ReturnType<typeof openDatabase>) => db.query("select 1", []),
  ];
  for (const call of calls) {
    const { server, db } = await open();
    const error = await call(db).catch((caught: unknown) => caught);
    expect(failureOf(error)).toMatchObject({ kind: "unavailable" });
    server.closeAllConnections();
    server.close();
  }
  const facts = { error: "Error: connect ECONNREFUSED" };
  expect(said).toEqual([
    ["database_unreachable", { ...facts, correlation_id: "ours.1" }],
    ["database_unreachable", { ...facts, correlation_id: "ours.2" }],
    ["database_unreachable", facts],
  ]);
});

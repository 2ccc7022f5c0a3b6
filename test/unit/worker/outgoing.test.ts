import { globSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

/** Files that know how to ask something, and whose word it is what they ask. */
const ASKING: Readonly<Record<string, string>> = {
  "durable/notifier/notifier.ts": "a webhook, which is judged",
  "src/bindings/public-network.ts": "a webhook, which is judged",
  "src/telemetry/descriptors.ts": "a folder of this machine",
  "src/db/driver/database.ts": "DATABASE_URL, DATABASE_ENDPOINT",
  "src/http/access/remote-keys.ts": "JWT_JWKS_URL",
  "src/http/access/token.ts": "JWT_JWKS_URL",
  "src/http/answer-file.ts": "the assets",
  "src/app.ts": "the Worker itself for POST /mcp",
  "src/bindings/objects.ts": "objects",
  "src/bindings/runtime-door.ts": "objects",
  "src/routes/socket.ts": "objects",
  "src/routes/streams.ts": "objects",
  "src/runtime-door.ts": "objects; it is asked",
  "src/worker.ts": "it is asked",
  "durable/viewer-object/viewer-object.ts": "it is asked",
};

it("WH-7 who asks an address is known, and only webhooks ask one that a user gives", () => {
  const asks = /^(?!\s*(?:\*|\/\/|\/\*)).*\b(?:fetch\b(?! first)|connect\()/m;
  const files = globSync(["src/**/*.ts", "durable/**/*.ts"]);
  const found = files.filter((file) => asks.test(readFileSync(file, "utf8")));
  expect(found.sort()).toEqual(Object.keys(ASKING).sort());
});

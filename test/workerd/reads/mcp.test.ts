import { expect, it } from "vitest";
import { ask } from "../edgetape.ts";

function message(method: string, params: object = {}, init: RequestInit = {}): RequestInit {
  return {
    method: "POST",
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    ...init,
  };
}

it("assistants need a token that may read, whatever they say", async () => {
  for (const method of ["initialize", "tools/list", "tools/call"]) {
    const unknown = await ask("/mcp", message(method));
    expect(unknown.status).toBe(401);
    expect(unknown.headers.get("www-authenticate")).toContain("Bearer");
    expect((await ask("/mcp", message(method), "write")).status).toBe(403);
  }
  expect((await ask("/mcp", message("initialize"), "read")).status).toBe(200);
});

it("a tool's question has the sender's correlation id, and none of its message's headers", async () => {
  const answer = await ask(
    "/mcp",
    message(
      "tools/call",
      { name: "history", arguments: { symbol: "A", interval: "7q" } },
      { headers: { "x-correlation-id": "mine", "if-none-match": "*", "idempotency-key": "k" } },
    ),
    "read",
  );
  expect(answer.headers.get("x-correlation-id")).toBe("mine");
  const { result } = (await answer.json()) as {
    result: { isError: boolean; content: [{ text: string }] };
  };
  expect(result.isError).toBe(true);
  expect(JSON.parse(result.content[0].text)).toMatchObject({ status: 400, correlation_id: "mine" });
});

it("there is no stream and no session, and nobody is led to a page for a token", async () => {
  for (const method of ["GET", "DELETE"]) {
    const answer = await ask("/mcp", { method }, "read");
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
  }
  expect((await ask("/.well-known/oauth-protected-resource/mcp")).status).toBe(404);
});

import { expect, test } from "vitest";
import { createApi } from "../../../web/feed/api.ts";

/** A server that takes the token "new" alone; `onAsked` is called before each answer. */
function world(onAsked: (state: { token: string | null }) => void) {
  const state = { token: "old" as string | null, asked: [] as (string | undefined)[] };
  const api = createApi({
    async fetch(_, { headers }) {
      const bearer = headers["authorization"];
      state.asked.push(bearer);
      onAsked(state);
      const isTaken = bearer === "Bearer new";
      return Response.json(isTaken ? { alerts: [] } : {}, { status: isTaken ? 200 : 401 });
    },
    token: () => state.token,
    onDate: () => {},
    wallMs: () => 0,
  });
  return { api, state };
}

test("a token that the server takes no more is told of once, by who asked with it", async () => {
  const { api, state } = world(() => {});
  expect(await api.alerts("A")).toEqual({ kind: "unauthorized" });
  expect(state.asked).toEqual(["Bearer old"]);
});

test("the refusal of a token that was replaced meanwhile is no refusal: the next token asks again", async () => {
  const { api, state } = world((seen) => {
    seen.token = "new";
  });
  expect(await api.alerts("A")).toEqual({ kind: "ok", value: { alerts: [] } });
  expect(state.asked).toEqual(["Bearer old", "Bearer new"]);
});

test("a refusal that another token would mend is told apart from one that none would", async () => {
  const told = async (type: string) => {
    const api = createApi({
      fetch: async () =>
        Response.json({ type: `urn:edgetape:problem:${type}`, detail: "no" }, { status: 403 }),
      token: () => "read",
      onDate: () => {},
      wallMs: () => 0,
    });
    return [await api.alertRules(), await api.deleteAlertRule("a")];
  };
  const wants = { kind: "unauthorized", detail: "no" };
  expect(await told("forbidden")).toEqual([wants, wants]);
  const refused = { kind: "refused", status: 403, detail: "no" };
  expect(await told("origin-not-allowed")).toEqual([refused, refused]);
});

import { describe, expect, it } from "vitest";
import { type Problem, problemSchema } from "../../../src/protocol/answers/problem.ts";
import type { Parameter } from "../../../web/reference/described-route.ts";
import { ROUTES } from "../../../web/reference/routes.ts";
import { ask } from "../edgetape.ts";

/** Routes whose queries are read by name: each refuses what it does not know, and says what it takes. */
const READ_BY_NAME = ROUTES.filter(
  ({ method, parameters }) =>
    method === "get" && parameters?.some((one) => one.in === "query") === true,
);

describe("the reference's parameters", () => {
  it.each(READ_BY_NAME)("of $path are those that the route takes", async ({ path, parameters }) => {
    const { errors = [] } = await refused(path, "no_such_parameter=1");
    const unknown = errors.find((error) => error.path === "no_such_parameter");
    const taken = /this route takes (.+)$/.exec(unknown?.message ?? "")?.[1]?.split(", ") ?? [];
    expect(namesOf(parameters).sort()).toEqual(taken.sort());
  });

  it.each(READ_BY_NAME)("of $path have its bounds and words", async ({ path, parameters = [] }) => {
    const asked = parameters.flatMap((one) => wrongValuesOf(one).map((value) => [one.name, value]));
    const found = await Promise.all(
      asked.map(async ([name = "", value = ""]) => {
        const { errors = [] } = await refused(path, `no_such_parameter=1&${name}=${value}`);
        return errors.some((error) => error.path === name) ? null : `${name}=${value} is taken`;
      }),
    );
    expect(found.filter((one) => one !== null)).toEqual([]);
  });
});

function namesOf(parameters: readonly Parameter[] = []): string[] {
  return parameters.filter((one) => one.in === "query").map(({ name }) => name);
}

/** What the reference says that a parameter does not take. */
function wrongValuesOf({ schema, in: place }: Parameter): string[] {
  if (place !== "query" || !("type" in schema)) return [];
  if (schema.type === "integer") return [String(schema.minimum - 1), String(schema.maximum + 1)];
  if (schema.type === "number") return ["x"];
  return schema.enum === undefined ? [] : ["no-such-word"];
}

async function refused(path: string, query: string): Promise<Problem> {
  const headers = /^\/ws\b/.test(path) ? { upgrade: "websocket" } : {};
  const target = `${path.replace("{symbol}", "ACME")}?${query}`;
  const answer = await ask(target, { headers }, "read");
  expect(answer.status).toBe(400);
  return problemSchema.parse(await answer.json());
}

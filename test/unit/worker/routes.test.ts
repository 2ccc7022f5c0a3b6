import { expect, it } from "vitest";
import { app } from "../../../src/app.ts";

it("all routes fit into one expression, so that no request is looked up in a tree of them", () => {
  app.router.match("GET", "/healthz");
  expect(app.router.name).toBe("SmartRouter + RegExpRouter");
});

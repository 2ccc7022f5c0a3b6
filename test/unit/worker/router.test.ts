import { describe, expect, it } from "vitest";
import { app } from "../../../src/app.ts";

describe("the routes of the Worker", () => {
  it("are all such that Hono can take its quick router for them", () => {
    app.router.match("POST", "/api/metrics");
    expect(app.router.name).toBe("SmartRouter + RegExpRouter");
  });
});

import { readFileSync } from "node:fs";
import { test } from "vitest";
import { act } from "./model-actions.ts";
import { ModelHosts } from "./model-hosts.ts";
test("debug", async () => {
  const steps = JSON.parse(readFileSync("/tmp/model/steps.json", "utf8"));
  const hosts = new ModelHosts({ ROOM_HOSTS: 1, ROOM_DEDICATED: [] });
  for (const [i, step] of steps.entries()) {
    console.log("STEP", i, JSON.stringify(step));
    await act(hosts, step);
    hosts.throwFailures();
  }
  console.log("REST");
  await hosts.comeToRest();
  hosts.throwFailures();
});

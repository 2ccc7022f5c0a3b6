import { expect, it, vi } from "vitest";
import { migrate } from "../../../dev/database/migration/migrate.ts";

it("a TimescaleDB that is too old for our hypertables is refused before anything is made", async () => {
  const transaction = vi.fn(async (statements: readonly unknown[]) =>
    statements.map((_, at) =>
      at === statements.length - 1 ? [["t", "apache", "2.10.3", "f"]] : [],
    ),
  );
  const answer = await migrate({ transaction }, [{ name: "0001_a.sql", text: "select 1" }]);
  expect(answer).toEqual({ kind: "refused", message: expect.stringContaining("2.10.3") });
  expect(transaction).toHaveBeenCalledOnce();
});

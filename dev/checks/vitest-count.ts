import * as z from "zod";

/** What `vitest run --reporter=json` writes, as far as it is counted. */
const reportSchema = z.object({
  success: z.boolean(),
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ status: z.string() })),
    }),
  ),
});

export type Count = { passed: number; failed: number };

/**
 * Counts a run. A file that fails without a failed test in it (it could not be loaded, or a hook threw) counts as one
 * failure, and so does a run that says it failed, ran nothing, or left no report.
 */
export function countVitest(report: string | undefined, exitedWell: boolean): Count {
  if (report === undefined) return { passed: 0, failed: 1 };
  const found = reportSchema.parse(JSON.parse(report));
  const brokenFiles = found.testResults.filter(
    (file) =>
      file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
  );
  const failed = found.numFailedTests + brokenFiles.length;
  const isSilentFailure =
    failed === 0 && (!exitedWell || !found.success || found.numPassedTests === 0);
  return { passed: found.numPassedTests, failed: isSilentFailure ? 1 : failed };
}

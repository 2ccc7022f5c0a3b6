import * as z from "zod";

/** RFC 9457 problem document with our two extensions. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  correlation_id: z.string(),
});
export type Problem = z.infer<typeof problemSchema>;
/** One thing wrong with a request; `path` is a JSON path into the body (`[3].price`) or the name of a parameter. */
export type ProblemIssue = NonNullable<Problem["errors"]>[number];

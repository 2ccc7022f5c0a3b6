import * as z from "zod";

/** Names one life of a log: that of a host, and so of the logs of all its rooms (SPEC C-6). */
export type LogId = string & z.$brand<"LogId">;

export const logIdSchema = z
  .string()
  .regex(/^[!-~]{1,64}$/, {
    error: "must be a log id, as hello has it: 1 to 64 visible ASCII characters",
  })
  .transform((text) => text as LogId);

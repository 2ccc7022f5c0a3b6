import * as z from "zod";

/** Largest number either way: doubles end at 1.8e308, and sums and squares of those that are kept must not pass that. */
export const MAX_NUMBER = 1e100;

export const finite = z
  .number({
    error: (issue) =>
      typeof issue.input === "number"
        ? "must be a finite number: NaN and Infinity cannot be stored"
        : "must be a number, without quotes",
  })
  .refine((value) => Math.abs(value) <= MAX_NUMBER, {
    error: `is too large: numbers go from -${MAX_NUMBER} to ${MAX_NUMBER}`,
  });

import type { Failure } from "../../feed/api.ts";

/** Why there is no answer, or none that is new; null: there is. `again`: who asks again. */
export function FailureWords({
  failure,
  again = "It is asked again by itself.",
}: {
  failure: Failure | null;
  again?: string;
}) {
  return failure === null ? null : (
    <p class="failure" role="alert">
      {wordsOf(failure, again)}
    </p>
  );
}

function wordsOf(failure: Failure, again: string): string {
  switch (failure.kind) {
    case "unauthorized":
      return failure.detail ?? "This needs a token that the server takes.";
    case "unknown":
      return "The server knows nothing of it.";
    case "refused":
      return failure.detail;
    case "failed":
      return failure.waitsFor === "database"
        ? `The database is away; what is shown may be old. ${again}`
        : `${failure.detail} ${again}`;
    default:
      return failure satisfies never;
  }
}

/** Of what was to be done, which nobody does a second time. */
export const DO_AGAIN = "Try once more.";

import type { Failure } from "../../feed/api.ts";

/** Why there is no answer, or none that is new; null: there is. */
export function FailureWords({ failure }: { failure: Failure | null }) {
  return failure === null ? null : (
    <p class="failure" role="alert">
      {wordsOf(failure)}
    </p>
  );
}

function wordsOf(failure: Failure): string {
  switch (failure.kind) {
    case "unauthorized":
      return failure.detail ?? "This needs a token that the server takes.";
    case "unknown":
      return "The server knows nothing of it.";
    case "refused":
      return failure.detail;
    case "failed":
      return failure.waitsFor === "database"
        ? "The database is away; what is shown may be old. It is asked again by itself."
        : `${failure.detail} It is asked again by itself.`;
    default:
      return failure satisfies never;
  }
}

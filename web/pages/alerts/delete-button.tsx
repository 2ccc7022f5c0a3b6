import { useState } from "preact/hooks";

/** What it deletes is gone at the second press. */
export function DeleteButton({ onDelete }: { onDelete(): void }) {
  const [isSure, setSure] = useState(false);
  return (
    <button
      class="button is-quiet"
      type="button"
      onClick={() => {
        setSure(!isSure);
        if (isSure) onDelete();
      }}
    >
      {isSure ? "Delete it for good" : "Delete"}
    </button>
  );
}

import { useState } from "preact/hooks";
import type { Desk } from "../shell/desk.ts";

/** Whether this browser shows what fires. It is asked for its leave at the press, and never before. */
export function NoticeSwitch({ notices: { areOn, choose } }: Pick<Desk, "notices">) {
  const [fault, setFault] = useState<string | null>(null);
  const why = standingFault() ?? fault;
  return (
    <p class="notices">
      <label>
        <input
          type="checkbox"
          checked={areOn}
          disabled={why !== null && !areOn}
          onClick={async (event) => {
            event.preventDefault();
            if (areOn) return choose(false);
            const leave = await Notification.requestPermission();
            const fault = standingFault() ?? shownFault();
            setFault(fault);
            choose(fault === null && leave === "granted");
          }}
        />{" "}
        Have this browser tell what begins to fire while a page is open
      </label>{" "}
      <span class="dim" role="status">
        {why}
      </span>
    </p>
  );
}

/** Why there are no notices, as far as one knows without asking. */
function standingFault(): string | null {
  if (!window.isSecureContext) return "That needs HTTPS, or 127.0.0.1.";
  if (!("Notification" in window)) return "It has no notices.";
  return Notification.permission === "denied" ? "Its settings forbid this site to." : null;
}

/** Shows a first one. Some browsers have them and let no page make one. */
function shownFault(): string | null {
  try {
    new Notification("Alerts are told like this.", { tag: "edgetape" });
    return null;
  } catch {
    return "It lets no page make a notice.";
  }
}

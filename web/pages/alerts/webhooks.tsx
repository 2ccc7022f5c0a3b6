import { useState } from "preact/hooks";
import type { WebhookAnswer } from "../../../src/protocol/alerts/webhook.ts";
import type { KeptAlertRule } from "../../../src/protocol/answers/alerts.ts";
import { formatMoment } from "../../data/words/format.ts";
import type { DeskClock } from "../../feed/clock.ts";
import { readToken } from "../../feed/token.ts";
import type { Desk } from "../shell/desk.ts";
import { DO_AGAIN, FailureWords } from "../shell/failure-words.tsx";
import { useAnswer } from "../shell/use-answer.ts";
import { DeleteButton } from "./delete-button.tsx";
import { useWriting } from "./use-writing.ts";

const AGAIN_MS = 10_000;

/** Where alerts are told. Who may write all symbols sees it; anyone else is asked for such a token once they want to. */
export function Webhooks({ desk, rules }: { desk: Desk; rules: readonly KeptAlertRule[] }) {
  const { api } = desk;
  const [changes, setChanges] = useState(0);
  const [told, setTold] = useState("");
  const { failure, write } = useWriting(desk);
  const { value } = useAnswer(
    { ...desk, onUnauthorized() {} },
    readToken() === null ? null : api.webhooks,
    () => AGAIN_MS,
    [api, changes],
  );
  const say = (words: string) => {
    setTold(words);
    setChanges((count) => count + 1);
  };
  if (value === null) {
    return (
      <div class="hint">
        <p>An address that is told of alerts. Who may write all symbols sees them.</p>
        <FailureWords failure={failure} again={DO_AGAIN} />
        <button
          class="button is-quiet"
          type="button"
          onClick={() => write(api.webhooks, () => say(""))}
        >
          Show webhooks
        </button>
      </div>
    );
  }
  return (
    <>
      <table class="plain-table is-stacked" data-testid="webhooks">
        <tbody>
          {value.webhooks.map((webhook) => {
            const { name, url } = webhook;
            const by = rules.filter(({ webhooks }) => webhooks?.includes(name) ?? true);
            return (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{url}</td>
                <td>told by {by.map((rule) => rule.name).join(", ") || "no rule"}</td>
                <td>{stateWords(webhook, desk.clock)}</td>
                <td class="buttons">
                  <button
                    class="button is-quiet"
                    type="button"
                    onClick={() =>
                      write(
                        () => api.testWebhook(name),
                        ({ delivered, status, error, duration_ms: ms }) =>
                          say(
                            `${name}: the test ${delivered ? "arrived" : "did not arrive"}, ${error ?? `HTTP ${status}`}, ${Math.round(ms)} ms.`,
                          ),
                      )
                    }
                  >
                    Test
                  </button>
                  <DeleteButton
                    onDelete={() =>
                      write(
                        () => api.deleteWebhook(name),
                        () => say(""),
                      )
                    }
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <FailureWords failure={failure} again={DO_AGAIN} />
      <p role="status">{told}</p>
      <form
        class="editor-row"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const typed = (key: string) => String(new FormData(form).get(key)).trim();
          const name = typed("name");
          // One of that name would be sent elsewhere, and lose what waits for it.
          if (value.webhooks.some((webhook) => webhook.name === name)) {
            return setTold(`There is a webhook ${name} already.`);
          }
          void write(
            () => api.putWebhook(name, { url: typed("url") }),
            ({ secret }) => {
              form.reset();
              say(`${name} signs with ${secret}, which is told this once.`);
            },
          );
        }}
      >
        <label>
          <span>Webhook</span>
          <input class="field" name="name" required placeholder="desk" />
        </label>
        <label class="is-wide">
          <span>Address</span>
          <input class="field" name="url" required placeholder="https://desk.example/alerts" />
        </label>
        <button class="button" type="submit">
          Add a webhook
        </button>
      </form>
    </>
  );
}

function stateWords(webhook: WebhookAnswer, { nowMs, zone }: DeskClock): string {
  const { waiting, failures = 0, failure, failed_at: at = "" } = webhook;
  const wait = waiting === 0 ? "nothing waits" : `${waiting} wait`;
  if (failures === 0) return wait;
  const when = formatMoment(Date.parse(at) * 1_000, nowMs(), zone);
  return `${wait}; failed ${failures === 1 ? "once" : `${failures} times`}, last at ${when}: ${failure}`;
}

import { useEffect, useState } from "preact/hooks";

/** A field that says what was typed when it is left, or at Enter: not at each letter. */
export function Field(props: {
  label: string;
  value: string;
  offered: readonly string[];
  hint?: string;
  /** Of the form, among all of the page. */
  id: string;
  onCommit(text: string): void;
}) {
  const { label, value, offered, hint, id, onCommit } = props;
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  const list = `${id}-${label}`.replaceAll(" ", "-");
  return (
    <label>
      <span>{label}</span>
      <input
        class="field"
        list={list}
        value={typed}
        placeholder={hint}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onChange={(event) => onCommit(event.currentTarget.value.trim())}
      />
      <datalist id={list}>
        {offered.map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
    </label>
  );
}

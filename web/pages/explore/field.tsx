import { useEffect, useState } from "preact/hooks";

/** So many are offered below the field; more are found by typing more. */
const OFFERED = 30;

/** A field that says what was typed when it is left, or at Enter: not at each letter. */
export function Field(props: {
  label: string;
  value: string;
  /** At most `most` texts that what was typed may become; asked while somebody is in the field. */
  offers?(typed: string, most: number): readonly string[];
  hint?: string;
  /** Of the form, among all of the page. */
  id: string;
  onCommit(text: string): void;
}) {
  const { label, value, offers, hint, id, onCommit } = props;
  const [typed, setTyped] = useState(value);
  const [isOpen, setOpen] = useState(false);
  useEffect(() => setTyped(value), [value]);
  const list = `${id}-${label}`.replaceAll(" ", "-");
  const offered = isOpen ? (offers?.(typed, OFFERED) ?? []) : [];
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
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
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

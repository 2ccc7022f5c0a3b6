/** A row of buttons of which one is chosen. */
export function Choice<T extends string>(props: {
  label: string;
  options: readonly T[];
  chosen: T;
  onChoose(option: T): void;
}) {
  return (
    <fieldset class="choice">
      <legend class="sr-only">{props.label}</legend>
      {props.options.map((option) => (
        <button
          key={option}
          type="button"
          aria-pressed={option === props.chosen}
          onClick={() => props.onChoose(option)}
        >
          {option}
        </button>
      ))}
    </fieldset>
  );
}

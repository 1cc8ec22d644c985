/** A few ways, one of them. */
export function Choice<T extends string>({
  name,
  value,
  options,
  choose,
  off,
}: {
  name: string;
  value: T;
  options: Readonly<Record<T, string>>;
  choose: (value: T) => void;
  /** Cannot be chosen now. */
  off?: T | false;
}) {
  return (
    <fieldset class="choice">
      <legend>{name}</legend>
      {(Object.entries(options) as [T, string][]).map(([option, text]) => (
        <label key={option}>
          <input
            type="radio"
            name={name}
            disabled={option === off}
            checked={option === value}
            onChange={() => choose(option)}
          />
          {text}
        </label>
      ))}
    </fieldset>
  );
}

import { profiles } from '../state/profiles.js';

export type Option = readonly [value: string, text: string];

/** One of a list; `none` stands first and is the empty value. */
export function Select({
  options,
  none,
  choose,
  ...rest
}: {
  options: readonly Option[];
  none?: string;
  choose?: (value: string) => void;
  name?: string;
  value?: string;
  'aria-label'?: string;
}) {
  const all: readonly Option[] = none === undefined ? options : [['', none], ...options];
  return (
    <select {...rest} onChange={(event) => choose?.(event.currentTarget.value)}>
      {all.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** Every provider by its name. */
export function providerOptions(): Option[] {
  return (profiles.value ?? []).map(({ id, name }) => [id, name]);
}

import type { ComponentChildren } from 'preact';

/** Something to fill in, under its name. */
export function Field({
  name,
  hint,
  children,
}: {
  name: string;
  hint?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <label class="field">
      <span class="name">{name}</span>
      {hint && <span class="hint">{hint}</span>}
      {children}
    </label>
  );
}

import type { ComponentChildren } from 'preact';

/** A part of a page under its own heading, a landmark by that name. */
export function Section({
  title,
  side,
  class: kind,
  children,
}: {
  title: string;
  /** Beside the heading. */
  side?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}) {
  const heading = <h2>{title}</h2>;
  return (
    <section aria-label={title} class={kind}>
      {side ? (
        <div class="section-head">
          {heading}
          {side}
        </div>
      ) : (
        heading
      )}
      {children}
    </section>
  );
}

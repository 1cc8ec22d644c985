import type { ComponentChildren } from 'preact';

/** @param head of columns; a leading `>` sets numbers to the right. */
export function Table({
  caption,
  head,
  kind = 'log',
  children,
}: {
  caption: string;
  head: readonly string[];
  kind?: string;
  children: ComponentChildren;
}) {
  return (
    <div class="scroll">
      <table class={kind}>
        <caption class="sr">{caption}</caption>
        <thead>
          <tr>
            {head.map((name) => (
              <th key={name} scope="col" class={name[0] === '>' ? 'number' : undefined}>
                {name.replace('>', '')}
              </th>
            ))}
          </tr>
        </thead>
        {children}
      </table>
    </div>
  );
}

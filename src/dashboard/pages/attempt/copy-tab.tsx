import { Command } from '../../parts/copy.js';
import { Section } from '../../parts/section.js';
import { shellQuoted } from '../../parts/shell-quoted.js';
import type { Seen } from '../attempt.js';

/** The same bytes again, for whatever sends them. A masked value stays masked: put your own in. */
export function CopyTab({ seen }: { seen: Seen }) {
  if (seen.body === null) return <p class="quiet">The body is past the tenant’s retention.</p>;
  const forms: [title: string, text: string][] = [
    ['curl', asCurl(seen)],
    ['.http file', asHttp(seen)],
    ['fetch', asFetch(seen)],
    ['vitest', asVitest(seen)],
  ];
  return (
    <div class="stack">
      {forms.map(([title, text]) => (
        <Section key={title} title={title}>
          <Command text={text} what={`the request as ${title}`} />
        </Section>
      ))}
    </div>
  );
}

/** A client writes these itself. */
const OWN = new Set(['host', 'content-length', 'connection', 'transfer-encoding']);

function partsOf({ attempt, body }: Seen) {
  const { method, url, headers } = attempt.request;
  const text = new TextDecoder().decode(body ?? new Uint8Array());
  return { method, url, headers: headers.filter(([name]) => !OWN.has(name.toLowerCase())), text };
}

export function asCurl(seen: Seen): string {
  const { method, url, headers, text } = partsOf(seen);
  const lines = headers.map(([name, value]) => `  -H ${shellQuoted(`${name}: ${value}`)}`);
  return [`curl -X ${method} ${shellQuoted(url)}`, ...lines, `  --data-raw ${shellQuoted(text)}`].join(
    ' \\\n',
  );
}

function asHttp(seen: Seen): string {
  const { method, url, headers, text } = partsOf(seen);
  return [`${method} ${url}`, ...headers.map(([name, value]) => `${name}: ${value}`), '', text].join('\n');
}

function asFetch(seen: Seen): string {
  const { method, url, headers, text } = partsOf(seen);
  const list = headers.map((header) => `    ${JSON.stringify(header)},`).join('\n');
  const call = 'await fetch';
  return `${call}(${JSON.stringify(url)}, {
  method: ${JSON.stringify(method)},
  headers: [
${list}
  ],
  body: ${JSON.stringify(text)},
});`;
}

function asVitest(seen: Seen): string {
  const { delivery, attempt } = seen;
  const call = asFetch(seen).replace('await fetch', 'const response = await fetch').replaceAll('\n', '\n  ');
  return `import { expect, it } from 'vitest';

it(${JSON.stringify(`takes ${delivery.eventType ?? 'the event'} as it was sent in attempt ${attempt.number}`)}, async () => {
  ${call}
  expect(response.status).toBe(200);
});`;
}

import { useSignal } from '@preact/signals';
import { Command } from '../../parts/copy.js';
import { saveText } from '../../parts/save.js';
import { Ready } from '../../parts/state.js';
import { getDocument, tenantSlug } from '../../state/api.js';
import { useLoad } from '../../state/load.js';
import { TryIt } from './try-it.js';

// biome-ignore lint/suspicious/noExplicitAny: a document of another standard, read as it comes.
export type Doc = any;

export interface Operation {
  method: string;
  path: string;
  tag: string;
  summary: string;
  description?: string;
  parameters: { name: string; in: string; required?: boolean; description?: string; schema?: Doc }[];
  body: Doc | null;
  answers: [status: string, description: string, schema: Doc | null][];
}

export function ApiDocument() {
  const document = useLoad(() => getDocument<Doc>(), 'openapi');
  const text = useSignal('');
  return (
    <Ready of={document}>
      {(doc) => {
        const all = operationsOf(doc).filter(({ method, path, summary }) =>
          `${method} ${path} ${summary}`.toLowerCase().includes(text.value.toLowerCase()),
        );
        const tags = [...new Set(all.map(({ tag }) => tag))];
        return (
          <>
            <search class="filters">
              <input
                type="search"
                data-filter
                aria-label="Filter operations"
                placeholder="Filter operations"
                value={text.value}
                onInput={(event) => (text.value = event.currentTarget.value)}
              />
              <button type="button" onClick={() => saveText(httpFile(operationsOf(doc)), 'ringer.http')}>
                Download .http
              </button>
            </search>
            {tags.map((tag) => (
              <section key={tag} aria-label={tag} class="operations">
                <h2>{tag}</h2>
                {all
                  .filter((one) => one.tag === tag)
                  .map((one) => (
                    <OperationView key={one.method + one.path} operation={one} doc={doc} />
                  ))}
              </section>
            ))}
          </>
        );
      }}
    </Ready>
  );
}

function OperationView({ operation, doc }: { operation: Operation; doc: Doc }) {
  const open = useSignal(false);
  const { method, path, summary, description, parameters, body, answers } = operation;
  return (
    <details onToggle={(event) => (open.value = event.currentTarget.open)}>
      <summary>
        <span class={`method ${method}`}>{method.toUpperCase()}</span> <span class="mono wrap">{path}</span>{' '}
        <span class="quiet">{summary}</span>
      </summary>
      {open.value && (
        <div class="stack operation">
          {description && <p>{description}</p>}
          {parameters.length > 0 && (
            <table>
              <caption class="sr">Parameters</caption>
              <thead>
                <tr>
                  <th scope="col">Parameter</th>
                  <th scope="col">Is</th>
                </tr>
              </thead>
              <tbody>
                {parameters.map((one) => (
                  <tr key={one.in + one.name}>
                    <th scope="row" class="mono">
                      {one.name}
                      {one.required && <span class="quiet"> required</span>}
                    </th>
                    <td>
                      <span class="quiet">{one.in}</span>{' '}
                      {one.description ?? one.schema?.description ?? one.schema?.type}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          {body && (
            <>
              <h3>Body</h3>
              <pre tabindex={0}>{outline(body, doc)}</pre>
            </>
          )}
          <h3>Answers</h3>
          {answers.map(([status, words, schema]) => (
            <div key={status}>
              <p>
                <strong class="mono">{status}</strong> {words}
              </p>
              {schema && <pre tabindex={0}>{outline(schema, doc)}</pre>}
            </div>
          ))}
          <h3>From a shell</h3>
          <Command text={curlOf(operation, doc)} />
          {path.startsWith('/api/v1') && (
            <TryIt operation={operation} example={body ? exampleOf(body, doc) : ''} />
          )}
        </div>
      )}
    </details>
  );
}

function operationsOf(doc: Doc): Operation[] {
  return Object.entries<Doc>(doc.paths).flatMap(([path, methods]) =>
    Object.entries<Doc>(methods).map(([method, one]) => ({
      method,
      path,
      tag: one.tags?.[0] ?? 'Other',
      summary: one.summary ?? '',
      description: one.description,
      parameters: one.parameters ?? [],
      body: one.requestBody?.content?.['application/json']?.schema ?? null,
      answers: Object.entries<Doc>(one.responses).map(([status, answer]): Operation['answers'][number] => [
        status,
        answer.description,
        answer.content?.['application/json']?.schema ?? null,
      ]),
    })),
  );
}

function resolve(schema: Doc, doc: Doc): Doc {
  const name = /^#\/components\/schemas\/(.+)$/.exec(schema?.$ref ?? '')?.[1];
  return name ? doc.components.schemas[name] : schema;
}

const DEEPEST = 4;

/** A schema as a sketch of the JSON that fits. */
function outline(given: Doc, doc: Doc, depth = 0): string {
  const schema = resolve(given, doc);
  const pad = '  '.repeat(depth + 1);
  if (schema?.properties && depth < DEEPEST) {
    const lines = Object.entries<Doc>(schema.properties).map(([name, one]) => {
      const optional = schema.required?.includes(name) ? '' : '?';
      return `${pad}${name}${optional}: ${outline(one, doc, depth + 1)}`;
    });
    return `{\n${lines.join('\n')}\n${'  '.repeat(depth)}}`;
  }
  if (schema?.type === 'array') return `[${outline(schema.items ?? {}, doc, depth)}]`;
  if (schema?.enum) return schema.enum.map((one: unknown) => JSON.stringify(one)).join(' | ');
  if (schema?.const !== undefined) return JSON.stringify(schema.const);
  const forms = schema?.anyOf ?? schema?.oneOf;
  if (forms) return forms.map((one: Doc) => outline(one, doc, depth)).join(' | ');
  const type = Array.isArray(schema?.type) ? schema.type.join(' | ') : (schema?.type ?? 'any');
  return schema?.description ? `${type}  // ${schema.description}` : type;
}

function exampleOf(given: Doc, doc: Doc): string {
  const { properties = {}, required = [] } = resolve(given, doc) ?? {};
  const chosen = Object.entries<Doc>(properties).filter(([name]) => required.includes(name));
  return JSON.stringify(Object.fromEntries(chosen.map(([name, one]) => [name, one.example ?? ''])), null, 2);
}

function curlOf({ method, path, body }: Operation, doc: Doc): string {
  const url = location.origin + path.replace('{tenant}', tenantSlug());
  const lines = [`curl -X ${method.toUpperCase()} '${url}'`, `  -H "authorization: Bearer $RINGER_KEY"`];
  if (body)
    lines.push(
      `  -H 'content-type: application/json'`,
      `  -d '${exampleOf(body, doc).replace(/\n\s*/g, '')}'`,
    );
  return lines.join(' \\\n');
}

function httpFile(all: readonly Operation[]): string {
  const text = all.map(
    ({ method, path, summary, body }) =>
      `### ${summary}\n${method.toUpperCase()} {{url}}${path.replace(/\{(\w+)\}/g, '{{$1}}')}\nauthorization: Bearer {{key}}\n${body ? 'content-type: application/json\n\n{}\n' : ''}`,
  );
  return `@url = ${location.origin}\n@tenant = ${tenantSlug()}\n@key = \n\n${text.join('\n')}`;
}

import { Table } from '../../parts/table.js';

interface Node {
  type?: string | string[];
  properties?: Record<string, Node>;
  required?: string[];
  items?: Node;
  enum?: unknown[];
  const?: unknown;
  format?: string;
  pattern?: string;
  description?: string;
  anyOf?: Node[];
  oneOf?: Node[];
}

interface Line {
  path: string;
  depth: number;
  what: string;
  required: boolean;
  description: string | undefined;
}

const DEEPEST = 6;

/** A schema as people read it: one line for each field. */
export function SchemaTable({ schema }: { schema: Record<string, unknown> }) {
  const lines = linesOf(schema as Node, 0);
  if (lines.length === 0) return <p class="quiet">Any JSON.</p>;
  return (
    <Table caption="Fields of the body" head={['Field', 'Is']} kind="shape">
      <tbody>
        {lines.map(({ path, depth, what, required, description }, i) => (
          <tr key={i}>
            <th scope="row" class={`mono depth-${Math.min(depth, 4)}`}>
              {path}
              {!required && <span class="quiet"> optional</span>}
            </th>
            <td>
              <span class="mono wrap">{what}</span>
              {description && <span class="hint"> {description}</span>}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function linesOf(node: Node, depth: number): Line[] {
  if (depth > DEEPEST) return [];
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const line = {
      path: name,
      depth,
      what: wordOf(child),
      required: node.required?.includes(name) ?? false,
      description: child.description,
    };
    const inner = insideOf(child);
    return [line, ...(inner ? linesOf(inner, depth + 1) : [])];
  });
}

/** What lies in an object, in the entries of a list, or in the only form that is not null. */
function insideOf(node: Node): Node | undefined {
  if (node.properties) return node;
  if (node.items) return insideOf(node.items);
  const forms = (node.anyOf ?? node.oneOf ?? []).filter(({ type }) => type !== 'null');
  return forms.length === 1 ? insideOf(forms[0]!) : undefined;
}

function wordOf(node: Node): string {
  if (node.const !== undefined) return JSON.stringify(node.const);
  if (node.enum) return node.enum.map((one) => JSON.stringify(one)).join(' | ');
  if (node.items) return `list of ${wordOf(node.items)}`;
  const forms = node.anyOf ?? node.oneOf;
  if (forms) return forms.map(wordOf).join(' | ');
  const type = Array.isArray(node.type) ? node.type.join(' | ') : (node.type ?? 'any');
  return node.format ? `${type}, ${node.format}` : type;
}

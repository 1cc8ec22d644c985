import { useSignal } from '@preact/signals';
import { Field } from './field.js';
import { Select } from './select.js';

/** As much of JSON Schema as settings are written in. */
export interface Schema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  description?: string;
  properties?: Record<string, Schema>;
  anyOf?: Schema[];
  oneOf?: Schema[];
  minimum?: number;
  maximum?: number;
  maxLength?: number;
}

export interface FieldProps {
  name: string;
  schema: Schema;
  /** Undefined leaves the default. */
  value: unknown;
  set(value: unknown): void;
}

type Values = Record<string, unknown>;

/** A form for any object: whatever a provider declares gets its fields. */
export function SchemaForm({
  schema,
  value,
  set,
}: {
  schema: Schema;
  value: Values;
  set: (value: Values) => void;
}) {
  return (
    <div class="stack">
      {Object.entries(schema.properties ?? {}).map(([name, property]) => (
        <Property
          key={name}
          name={name}
          schema={property}
          value={value[name]}
          set={(next) => {
            const { [name]: _, ...rest } = value;
            set(next === undefined ? rest : { ...rest, [name]: next });
          }}
        />
      ))}
    </div>
  );
}

function Property(props: FieldProps) {
  const { schema } = props;
  const variants = (schema.oneOf ?? schema.anyOf)?.filter(({ type }) => type !== 'null');
  const nullable = (schema.anyOf ?? []).some(({ type }) => type === 'null');
  const choices = choicesOf(schema);
  const inner = variants?.length === 1 ? { ...variants[0]!, description: schema.description } : schema;
  if (choices) return <Choice {...props} choices={choices} />;
  if (variants?.every(kindOf)) return <Variants {...props} variants={variants} />;
  if (inner.properties) return <Group {...props} schema={inner} optional={nullable} />;
  if (inner.type === 'integer' || inner.type === 'number' || inner.type === 'string')
    return <Line {...props} schema={{ ...inner, default: schema.default }} />;
  return <Json {...props} />;
}

/** A closed set of values, where it is one. */
function choicesOf({ type, enum: values, anyOf, oneOf }: Schema): unknown[] | null {
  if (type === 'boolean') return [true, false];
  if (values) return values;
  const all = anyOf ?? oneOf ?? [];
  const closed =
    all.length > 0 && all.every((one) => one.const !== undefined || one.enum || one.type === 'null');
  return closed ? all.flatMap((one) => one.enum ?? [one.const ?? null]) : null;
}

function shown(value: unknown): string {
  if (value === true) return 'yes';
  if (value === false) return 'no';
  return typeof value === 'string' && value !== '' ? value : JSON.stringify(value ?? null);
}

/** @param none where there is no default. */
function usual(value: unknown, none: string): string {
  return value === undefined || value === null ? none : `default: ${shown(value)}`;
}

function Choice({ name, schema, value, set, choices }: FieldProps & { choices: unknown[] }) {
  const at = choices.indexOf(value);
  return (
    <Field name={name} hint={schema.description}>
      <Select
        none={usual(schema.default, 'not set')}
        options={choices.map((one, i) => [String(i), shown(one)])}
        value={value === undefined ? '' : String(at)}
        choose={(at) => set(at === '' ? undefined : choices[Number(at)])}
      />
    </Field>
  );
}

const SECRET = /secret|password|token$|^value$/i;
const LONG = 10_000;

function Line({ name, schema, value, set }: FieldProps) {
  const number = schema.type !== 'string';
  const text = value === undefined || value === null ? '' : String(value);
  const change = (next: string) => set(next === '' ? undefined : number ? Number(next) : next);
  return (
    <Field name={name} hint={schema.description}>
      {(schema.maxLength ?? 0) >= LONG ? (
        <textarea
          class="short"
          rows={3}
          spellcheck={false}
          value={text}
          onInput={(event) => change(event.currentTarget.value)}
        />
      ) : (
        <input
          {...({ type: number ? 'number' : SECRET.test(name) ? 'password' : 'text' } as object)}
          autocomplete="off"
          spellcheck={false}
          placeholder={usual(schema.default, '')}
          min={schema.minimum}
          max={schema.maximum}
          step="any"
          value={text}
          onInput={(event) => change(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}

function Group({ name, schema, value, set, optional }: FieldProps & { optional: boolean }) {
  const given = value as Values | undefined | null;
  return (
    <fieldset class="group">
      <legend>{name}</legend>
      {schema.description && <span class="hint">{schema.description}</span>}
      {optional && (
        <label class="check">
          <input
            type="checkbox"
            checked={Boolean(given)}
            onChange={(event) => set(event.currentTarget.checked ? {} : undefined)}
          />
          set {name}
        </label>
      )}
      {(!optional || given) && (
        <SchemaForm
          schema={schema}
          value={given ?? {}}
          set={(next) => set(!optional && Object.keys(next).length === 0 ? undefined : next)}
        />
      )}
    </fieldset>
  );
}

/** The property that tells variants of an object apart. */
function kindOf({ properties }: Schema): string | undefined {
  return Object.entries(properties ?? {}).find(([, property]) => property.const !== undefined)?.[0];
}

function Variants({ name, schema, value, set, variants }: FieldProps & { variants: Schema[] }) {
  const kind = kindOf(variants[0]!)!;
  const given = value as Values | undefined;
  const chosen = variants.find(({ properties }) => properties?.[kind]?.const === given?.[kind]);
  const { [kind]: _, ...rest } = chosen?.properties ?? {};
  return (
    <fieldset class="group">
      <legend>{name}</legend>
      <Field name={kind} hint={schema.description}>
        <Select
          none={usual((schema.default as Values | undefined)?.[kind], 'not set')}
          options={variants.map(({ properties }) => {
            const name = String(properties?.[kind]?.const);
            return [name, name];
          })}
          value={String(given?.[kind] ?? '')}
          choose={(next) => set(next === '' ? undefined : { [kind]: next })}
        />
      </Field>
      {chosen && <SchemaForm schema={{ properties: rest }} value={given ?? {}} set={set} />}
    </fieldset>
  );
}

/** Whatever has no field of its own is written as JSON. */
function Json({ name, schema, value, set }: FieldProps) {
  const text = useSignal(value === undefined ? '' : JSON.stringify(value));
  const wrong = useSignal(false);
  const change = (next: string) => {
    text.value = next;
    try {
      set(next.trim() === '' ? undefined : JSON.parse(next));
      wrong.value = false;
    } catch {
      wrong.value = true;
    }
  };
  return (
    <Field name={name} hint={schema.description}>
      <textarea
        class="short"
        rows={2}
        spellcheck={false}
        aria-invalid={wrong.value}
        placeholder={usual(schema.default, 'JSON')}
        value={text.value}
        onInput={(event) => change(event.currentTarget.value)}
      />
      {wrong.value && <span class="field-error">This is not JSON yet.</span>}
    </Field>
  );
}

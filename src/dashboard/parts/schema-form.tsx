import { useSignal } from '@preact/signals';

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
        <Field
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

function Field({ name, schema, value, set }: FieldProps) {
  const variants = (schema.oneOf ?? schema.anyOf)?.filter(({ type }) => type !== 'null');
  const nullable = (schema.anyOf ?? []).some(({ type }) => type === 'null');
  const choices = choicesOf(schema);
  const inner = variants?.length === 1 ? { ...variants[0]!, description: schema.description } : schema;
  if (choices) return <Choice name={name} schema={schema} value={value} set={set} choices={choices} />;
  if (variants?.every(kindOf))
    return <Variants name={name} schema={schema} value={value} set={set} variants={variants} />;
  if (inner.properties)
    return <Group name={name} schema={inner} value={value} set={set} optional={nullable} />;
  if (inner.type === 'integer' || inner.type === 'number' || inner.type === 'string')
    return <Line name={name} schema={{ ...inner, default: schema.default }} value={value} set={set} />;
  return <Json name={name} schema={schema} value={value} set={set} />;
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

function Label({ name, schema }: { name: string; schema: Schema }) {
  return (
    <>
      <span class="name">{name}</span>
      {schema.description && <span class="hint">{schema.description}</span>}
    </>
  );
}

function Choice({ name, schema, value, set, choices }: FieldProps & { choices: unknown[] }) {
  const at = choices.indexOf(value);
  return (
    <label class="field">
      <Label name={name} schema={schema} />
      <select
        value={value === undefined ? '' : String(at)}
        onChange={(event) => {
          const { value: chosen } = event.currentTarget;
          set(chosen === '' ? undefined : choices[Number(chosen)]);
        }}
      >
        <option value="">
          {schema.default === undefined ? 'not set' : `default: ${shown(schema.default)}`}
        </option>
        {choices.map((one, i) => (
          <option key={shown(one)} value={String(i)}>
            {shown(one)}
          </option>
        ))}
      </select>
    </label>
  );
}

const SECRET = /secret|password|token$|^value$/i;
const LONG = 10_000;

function Line({ name, schema, value, set }: FieldProps) {
  const number = schema.type !== 'string';
  const placeholder =
    schema.default === undefined || schema.default === null ? '' : `default: ${shown(schema.default)}`;
  const text = value === undefined || value === null ? '' : String(value);
  const change = (next: string) => set(next === '' ? undefined : number ? Number(next) : next);
  return (
    <label class="field">
      <Label name={name} schema={schema} />
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
          placeholder={placeholder}
          min={schema.minimum}
          max={schema.maximum}
          step="any"
          value={text}
          onInput={(event) => change(event.currentTarget.value)}
        />
      )}
    </label>
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
  const usual = (schema.default as Values | undefined)?.[kind];
  const { [kind]: _, ...rest } = chosen?.properties ?? {};
  return (
    <fieldset class="group">
      <legend>{name}</legend>
      <label class="field">
        <Label name={kind} schema={schema} />
        <select
          value={String(given?.[kind] ?? '')}
          onChange={(event) =>
            set(event.currentTarget.value === '' ? undefined : { [kind]: event.currentTarget.value })
          }
        >
          <option value="">{usual === undefined ? 'not set' : `default: ${shown(usual)}`}</option>
          {variants.map(({ properties }) => (
            <option key={String(properties?.[kind]?.const)}>{String(properties?.[kind]?.const)}</option>
          ))}
        </select>
      </label>
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
    <label class="field">
      <Label name={name} schema={schema} />
      <textarea
        class="short"
        rows={2}
        spellcheck={false}
        aria-invalid={wrong.value}
        placeholder={schema.default === undefined ? 'JSON' : `default: ${JSON.stringify(schema.default)}`}
        value={text.value}
        onInput={(event) => change(event.currentTarget.value)}
      />
      {wrong.value && <span class="field-error">This is not JSON yet.</span>}
    </label>
  );
}

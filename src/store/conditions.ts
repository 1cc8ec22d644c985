/** What may be asked of an event beside its own columns' equality. */
export interface AboutEvent {
  types?: readonly string[] | undefined;
  /** Named by the event. */
  channel?: string | undefined;
  /** Held by the event's details. */
  details?: unknown;
}

export interface Conditions {
  values: unknown[];
  where: string[];
  /** Only what was asked for: `$1 IS NULL OR …` hides a condition from every index in a generic plan. */
  add(sql: string, value: unknown): void;
  /** @param event its alias in the statement. */
  addAbout(event: string, about: AboutEvent): void;
}

/** The WHERE of a list, as far as it was asked for. */
export function conditions(values: unknown[], first: string): Conditions {
  const where = [first];
  return {
    values,
    where,
    add(sql, value) {
      if (value !== undefined && value !== null) where.push(`${sql} $${values.push(value)}`);
    },
    addAbout(event, { types, channel, details }) {
      if (types) where.push(`${event}.type = ANY($${values.push(types)}::text[])`);
      if (channel !== undefined) where.push(`$${values.push(channel)} = ANY(${event}.channels)`);
      if (details !== undefined)
        where.push(`${event}.details @> $${values.push(JSON.stringify(details))}::jsonb`);
    },
  };
}

export function at(ms: number | undefined): Date | null {
  return ms === undefined ? null : new Date(ms);
}

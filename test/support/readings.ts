import { describe, expect, it } from 'vitest';
import { asText } from '../../src/lib/bytes.js';
import type { Json } from '../../src/lib/merge-patch.js';
import type { PolicyValues, Profile } from '../../src/providers/contract.js';
import { effective } from '../../src/providers/effective.js';
import { retryDelays } from '../../src/providers/retry/delays.js';
import { type BuildWanted, buildInput, loadAll, type RequestWanted, requestInput } from './profiles.js';

/** What a reading is seen by: a policy, the delays, a header of an attempt, the text of a body. */
export interface Seen {
  policies: PolicyValues;
  /** The subscription's. */
  settings: Readonly<Record<string, unknown>>;
  tenantSettings: Readonly<Record<string, unknown>>;
  delaysMs: readonly number[];
  header(name: string, wanted?: Omit<RequestWanted, 'presets' | 'settings'>): string | undefined;
  /** The body of an attempt, which differs from the event's only where a setting says so. */
  sent(wanted?: Omit<RequestWanted, 'presets' | 'settings'>): string;
  body(type: string, wanted?: Omit<BuildWanted, 'presets' | 'settings'>): string;
}

export interface Reading {
  /** Which open point of the provider's README, or null for one that stands outside its list. */
  row: number | null;
  reading: string;
  scope?: 'tenant' | 'subscription';
  presets?: readonly string[];
  settings?: Readonly<Record<string, Json>>;
  see(seen: Seen): unknown;
  /** What is seen by default, and under the reading: always two different things. */
  byDefault: unknown;
  otherwise: unknown;
}

/** One test per reading of a provider, and one that says every row it must answer has at least one. */
export function readings(provider: string, rows: readonly number[], table: readonly Reading[]): void {
  describe(`other readings of ${provider}`, async () => {
    const profile = (await loadAll()).get(provider);

    it.each(table)('$row $reading', (entry) => {
      expect(entry.see(seen(profile, { scope: entry.scope }))).toEqual(entry.byDefault);
      expect(entry.see(seen(profile, entry))).toEqual(entry.otherwise);
      expect(entry.otherwise).not.toEqual(entry.byDefault);
    });

    it('answers every open point', () => {
      const answered = new Set(table.map(({ row }) => row).filter((row) => row !== null));
      expect([...answered].sort((a, b) => a - b)).toEqual(rows);
    });

    it('shows every preset', () => {
      const taken = new Set(table.flatMap(({ presets }) => presets ?? []));
      expect(profile.presets.map(({ name }) => name).filter((name) => !taken.has(name))).toEqual([]);
    });
  });
}

function seen(profile: Profile, entry: Pick<Reading, 'scope' | 'presets' | 'settings'>): Seen {
  const wanted = { presets: entry.presets, settings: entry.settings };
  const nothing: typeof wanted = { presets: undefined, settings: undefined };
  const [tenant, subscription] = entry.scope === 'tenant' ? [wanted, nothing] : [nothing, wanted];
  const { policies, settings } = effective(
    profile,
    'subscription',
    subscription.presets,
    subscription.settings,
  );
  return {
    policies,
    settings,
    tenantSettings: effective(profile, 'tenant', tenant.presets, tenant.settings).settings,
    delaysMs: retryDelays(policies.retry),
    header(name, given) {
      const { headers } = profile.request(requestInput(profile, { ...given, ...subscription }));
      return headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
    },
    sent(given) {
      const input = requestInput(profile, { ...given, ...subscription });
      return asText(profile.request(input).body ?? input.body);
    },
    body: (type, given) => asText(profile.build(buildInput(profile, type, { ...given, ...tenant })).body),
  };
}

/** What `make` gives, or `refused: …`. */
export function outcome(make: () => string): string {
  try {
    return make();
  } catch (error) {
    return `refused: ${(error as Error).message}`;
  }
}

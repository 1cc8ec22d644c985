import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { asText } from '../../src/lib/bytes.js';
import type { Json } from '../../src/lib/merge-patch.js';
import { seededRandom } from '../../src/lib/random.js';
import type { Profile } from '../../src/providers/contract.js';
import { effective } from '../../src/providers/effective.js';
import { findEvent } from '../../src/providers/find-event.js';
import { brokenRules, subjectOf, type Told, valueAt } from '../../src/providers/life.js';
import type { Scenario } from '../../src/providers/scenario.js';
import { loadAll, NOW_MS } from '../support/profiles.js';

const SEEDS = 1_000;
const SHIPPED = ['healthsherpa', 'healthsync', 'novamed', 'noyo', 'voyado'];
const registry = await loadAll();

const cases = registry
  .list()
  .flatMap((profile) =>
    (profile.scenarios ?? []).map((scenario) => ({ id: profile.id, name: scenario.name, profile, scenario })),
  );

type Settings = Readonly<Record<string, unknown>>;

/** The defaults, and each preset that shapes bodies. */
function worlds(profile: Profile): Settings[] {
  const names = profile.presets.filter(({ scope }) => scope === 'tenant').map(({ name }) => [name]);
  return [[], ...names].map((presets) => effective(profile, 'tenant', presets).settings);
}

const stepsOf = (scenario: Scenario, seed: number | string, settings: Settings) =>
  scenario.steps({ random: seededRandom(seed), startMs: NOW_MS, settings });

interface ToldAt extends Told {
  body: Json;
  atMs: number;
}

/** The whole life, each body built at its instant. */
function tell(profile: Profile, scenario: Scenario, seed: number, settings: Settings): ToldAt[] {
  return stepsOf(scenario, seed, settings).map(({ afterMs, type, variant, data }, i) => {
    const found = findEvent(profile.events, { type, settings, ...(variant ? { variant } : {}) });
    const built = profile.build({
      type,
      variant: found.variant,
      environment: profile.environments.value.offered[0],
      nowMs: NOW_MS + afterMs,
      random: seededRandom(`${seed} ${i}`),
      settings,
      data,
    });
    return { type, body: JSON.parse(asText(built.body)) as Json, atMs: NOW_MS + afterMs };
  });
}

describe.each(cases)('$id $name', ({ profile, scenario }) => {
  it('repeats with its seed, and differs without it', () => {
    for (const settings of worlds(profile)) {
      expect(stepsOf(scenario, 'a', settings)).toEqual(stepsOf(scenario, 'a', settings));
      expect(stepsOf(scenario, 'a', settings)).not.toEqual(stepsOf(scenario, 'b', settings));
    }
  });

  it('tells a life of several events about the same thing, in order, with whole gaps, under every body preset', () => {
    for (const settings of worlds(profile)) {
      for (let seed = 0; seed < 50; seed++) {
        const steps = stepsOf(scenario, seed, settings);
        const offsets = steps.map(({ afterMs }) => afterMs);
        expect(offsets[0]).toBe(0);
        expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
        expect(offsets.every(Number.isSafeInteger)).toBe(true);
        expect(offsets.at(-1)).toBeGreaterThan(60_000);
        const told = tell(profile, scenario, seed, settings);
        const subjects = new Set(told.map((one) => subjectOf(profile, one)));
        expect(subjects).not.toContain(null);
        expect(subjects.size).toBeLessThan(told.length);
      }
    }
  });

  it(`breaks no rule of its provider in ${SEEDS} lives`, () => {
    const [settings] = worlds(profile);
    const broken: string[] = [];
    const oracle = ORACLES[profile.id];
    expect(oracle, 'a rule book of the test’s own').toBeDefined();
    for (let seed = 0; seed < SEEDS; seed++) {
      const told = tell(profile, scenario, seed, settings!);
      const bySubject = new Map<string, Told[]>();
      for (const event of told) {
        const subject = subjectOf(profile, event)!;
        const before = bySubject.get(subject) ?? [];
        for (const { rule } of brokenRules(profile, event, before)) broken.push(`${seed}: ${rule}`);
        bySubject.set(subject, [...before, event]);
      }
      for (const fault of oracle!(told, settings!)) broken.push(`${seed}: ${fault}`);
    }
    expect(broken).toEqual([]);
  });

  it('comes to more than one end', () => {
    const [settings] = worlds(profile);
    const ends = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const last = tell(profile, scenario, seed, settings!).at(-1)!;
      ends.add(`${last.type} ${valueAt(last.body, 'policy_status') ?? ''}`);
    }
    expect(ends.size).toBeGreaterThan(1);
  });
});

it('every shipped provider tells of its lives in its README', () => {
  for (const { id, name } of cases.filter(({ id }) => SHIPPED.includes(id))) {
    const readme = readFileSync(new URL(`../../src/providers/${id}/README.md`, import.meta.url), 'utf8');
    expect(readme, `${id}: ${name}`).toContain(`\`${name}\``);
  }
});

it('every shipped provider has a life to tell', () => {
  expect(SHIPPED.filter((id) => cases.every((one) => one.id !== id))).toEqual([]);
});

/** The documents’ rules, read a second time and written down without the profiles. @returns what was broken */
const ORACLES: Record<string, (told: readonly ToldAt[], settings: Settings) => string[]> = {
  noyo(told) {
    const state = new Map<string, 'open' | 'over'>();
    return told.flatMap(({ type, body }) => {
      if (!type.startsWith('difference.')) return [];
      const id = valueAt(body, 'data.id') as string;
      const before = state.get(id);
      if (type === 'difference.created') {
        state.set(id, 'open');
        return before === undefined ? [] : [`${type} of a difference that was ${before}`];
      }
      if (type !== 'difference.discrepancy') state.set(id, 'over');
      return before === 'open' ? [] : [`${type} of a difference that was ${before}`];
    });
  },
  healthsherpa(told) {
    const statuses = told.map(({ body }) => valueAt(body, 'policy_status') ?? 'pending_effectuation');
    const paid = statuses.indexOf('effectuated');
    const cancelled = statuses.indexOf('cancelled');
    const terminated = statuses.indexOf('terminated');
    const ids = new Set(told.map(({ body }) => valueAt(body, 'transaction_id')));
    return [
      ...(ids.size === 1 ? [] : ['several transactions']),
      ...(told[0]!.type === 'submission' ? [] : ['began without a submission']),
      ...(cancelled >= 0 && paid >= 0 ? ['cancelled and effectuated'] : []),
      ...(terminated >= 0 && (paid < 0 || terminated < paid) ? ['terminated before it was effectuated'] : []),
      ...(terminated >= 0 && terminated !== statuses.length - 1 ? ['went on after its termination'] : []),
      ...(cancelled >= 0 && cancelled !== statuses.length - 1 ? ['went on after its cancellation'] : []),
    ];
  },
  voyado(told) {
    const last: Record<string, unknown> = {};
    let balance = 0;
    return told.flatMap(({ type, body }, i) => {
      const faults: string[] = [];
      const payload = valueAt(body, 'payload') as Record<string, unknown>;
      if ((i === 0) !== (type === 'contact.created')) faults.push(`${type} as number ${i + 1}`);
      if (type === 'contact.deleted' && i !== told.length - 1) faults.push('went on after it was deleted');
      const preference = /^contact\.(accepts\w+)\.changed$/.exec(type)?.[1];
      if (preference !== undefined) {
        if (payload[preference] === last[preference]) faults.push(`${preference} did not change`);
        last[preference] = payload[preference];
      }
      if (type === 'contact.consent.changed' && typeof payload.value !== 'boolean')
        faults.push('consent was unset');
      if (type === 'loyalty.addPoints') balance += payload.amount as number;
      if (type === 'point.balance.updated' && payload.balance !== balance)
        faults.push('the balance does not add up');
      return faults;
    });
  },
  novamed(told) {
    const ORDER = [
      'order:created',
      'order:processing',
      'order:shipped',
      'order:delivered',
      'order:cancelled',
    ];
    const orders = told
      .filter(({ type }) => type.startsWith('order:'))
      .map(({ type }) => ORDER.indexOf(type));
    const shipped = orders.includes(2);
    const requests = new Set(told.map(({ body }) => valueAt(body, 'data.medication_request_id')));
    return [
      ...(requests.size === 1 ? [] : ['several medication requests']),
      ...(orders.every((place, i) => i === 0 || place > orders[i - 1]!) ? [] : ['steps back']),
      ...(shipped && orders.includes(4) ? ['shipped and cancelled'] : []),
      ...(orders[0] === 0 ? [] : ['began without order:created']),
    ];
  },
  healthsync(told) {
    const at = (type: string) => told.findIndex((event) => event.type === type);
    const ended = Math.max(at('share.expired'), at('share.revoked'));
    const deleted = at('document.deleted');
    const used = told.flatMap(({ type }, i) => (type === 'share.accessed' ? [i] : []));
    const documents = new Set(
      told.map(
        ({ type, body }) =>
          valueAt(
            body,
            type.startsWith('document.') ? 'data.object.id' : 'data.object.document_id',
          ) as string,
      ),
    );
    const late = told.filter(
      ({ type, body, atMs }) =>
        type === 'share.expired' && Date.parse(valueAt(body, 'data.object.expires_at') as string) !== atMs,
    );
    return [
      ...(documents.size === 1 ? [] : ['several documents']),
      ...(at('document.uploaded') === 0 ? [] : ['began without document.uploaded']),
      ...(deleted >= 0 && deleted !== told.length - 1 ? ['went on after it was deleted'] : []),
      ...(used.every((i) => i > at('share.created') && i < ended)
        ? []
        : ['a link was used outside its life']),
      ...(late.length === 0 ? [] : ['a link expired at another instant than it says']),
    ];
  },
};

import { describe, expect, it } from 'vitest';
import { createRegistry } from '../../src/providers/registry.js';
import { loadAll } from '../support/profiles.js';

const registry = await loadAll();
const noyo = registry.get('noyo');

describe('the registry', () => {
  it('finds every provider folder', () => {
    const ids = registry.list().map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    expect(ids).toEqual(expect.arrayContaining(['healthsherpa', 'healthsync', 'novamed', 'noyo', 'voyado']));
  });

  it('lists what exists when a name is unknown', () => {
    expect(() => registry.get('nojo')).toThrow(/nojo.*healthsync.*noyo/);
    expect(() => registry.event(noyo, 'difference.create')).toThrow(/difference\.created/);
    expect(() => registry.event(noyo, 'group.created', 'on_exchange')).toThrow(/there are none/);
  });

  it('gives the first variant when none is asked for', () => {
    const event = { ...noyo.events[0]!, variants: ['one', 'two'] as const };
    const profile = { ...noyo, events: [event] };
    expect(registry.event(profile, event.type)).toEqual({ event, variant: 'one' });
    expect(registry.event(profile, event.type, 'two').variant).toBe('two');
    expect(registry.event(noyo, 'group.created', null).variant).toBeNull();
  });

  it('refuses two folders of one name', () => {
    expect(() => createRegistry([noyo, noyo])).toThrow('same name');
  });
});

import { describe, expect, it, vi } from 'vitest';
import { AppError, sendOnce } from '../../src/index.js';
import { loadRegistry } from '../../src/providers/registry.js';
import type { Received } from '../support/consumer.js';
import { useWorld } from '../support/world.js';

// The same randomness on both sides: every draw gives the same bytes, however many draws came before it.
vi.mock('../../src/lib/random.js', () => {
  const constant = { bytes: (count: number) => Buffer.alloc(count, 7), float: () => 0.5 };
  return { systemRandom: () => constant, seededRandom: () => constant };
});

const NOW = '2026-01-31T08:00:00.123Z';
const NOW_MS = Date.parse(NOW);

/** What a consumer can see of a request, but for where it came from. */
function seen({ method, path, rawHeaders, body }: Received) {
  return {
    method,
    path,
    headers: rawHeaders.filter(([name]) => name !== 'host'),
    body: body.toString('latin1'),
  };
}

describe('one attempt without a server', async () => {
  const world = useWorld();
  const profiles = (await loadRegistry()).list();

  it.each(profiles)(
    'is byte for byte what a delivery of the server is: $id',
    async ({ id: provider, events, secret }) => {
      const { id: tenantId } = await world.tenant();
      const { services } = world.app;
      const consumer = await world.consumer();
      await services.clock.put(tenantId, { mode: 'manual', now: NOW_MS, wire: 'virtual' });
      const headers = { 'X-Team': 'billing' };
      const value = secret.value.make({ bytes: (n) => Buffer.alloc(n, 9), float: () => 0.1 });
      await services.subscriptions.create(tenantId, { provider, url: consumer.url, secret: value, headers });
      const settings = (await services.settings.read(tenantId, provider)).settings;
      const offered = events.filter(({ offeredWhen }) =>
        Object.entries(offeredWhen ?? {}).every(([key, wanted]) => settings[key] === wanted),
      );
      expect(offered.length).toBeGreaterThan(0);
      for (const { type, variants } of offered) {
        for (const variant of variants ?? [undefined]) {
          consumer.clear();
          const shape = variant === undefined ? {} : { variant };
          const { deliveries } = await services.publish.publish(tenantId, { provider, type, ...shape });
          await services.clock.advance(tenantId, { by: 0 });
          const again = { provider, type, ...shape, url: consumer.url, secret: value, headers };
          const sent = await sendOnce(again, { atMs: NOW_MS });
          expect(sent).toMatchObject({ ok: true, reason: null, response: { status: 200 } });
          const [byServer, byItself] = consumer.received.map(seen);
          expect(byItself).toEqual(withDelivery(byServer!, deliveries[0]!.id, byItself!));
        }
      }
    },
  );

  it('answers what happened, and never throws for it', async () => {
    const consumer = await world.consumer(503);
    const base = { provider: 'noyo', type: 'difference.created', secret: 'a-secret' };
    const refused = await sendOnce({ ...base, url: consumer.url });
    expect(refused).toMatchObject({ ok: false, reason: 'status_503', scheduledAttempts: 16, secret: null });
    const nobody = await sendOnce({ ...base, url: 'http://127.0.0.1:9/hook' });
    expect(nobody).toMatchObject({ ok: false, reason: 'refused', response: null });
  });

  it('refuses what a publish or a subscription would refuse, and sends nothing', async () => {
    const consumer = await world.consumer();
    const base = { provider: 'noyo', type: 'difference.created', url: consumer.url };
    const refusals: [object, string][] = [
      [{ provider: 'nojo' }, 'unknown_provider'],
      [{ type: 'nothing' }, 'unknown_event'],
      [{ variant: 'x' }, 'unknown_variant'],
      [{ presets: ['x'] }, 'unknown_preset'],
      [{ settings: { x: 1 } }, 'unknown_setting'],
      [{ settings: { toString: 1 } }, 'unknown_setting'],
      [{ data: { data: { id: 7 } } }, 'invalid_data'],
      [{ url: 'ftp://x' }, 'invalid_url'],
      [{ url: 'http://10.0.0.1/' }, 'egress_refused'],
      [{ url: 'http://example.com/' }, 'https_required'],
      [{ headers: { Host: 'x' } }, 'invalid_header'],
      [{ secret: '' }, 'invalid_secret'],
      [{ environment: 'sandbox' }, 'environment_refused'],
      [{ payloadBase64: Buffer.alloc(300_000).toString('base64') }, 'body_too_large'],
      [{ payload: 'x', data: {} }, 'invalid_request'],
      [{ colour: 'red' }, 'invalid_request'],
    ];
    for (const [change, code] of refusals) {
      const error = await sendOnce({ ...base, ...change }).catch((thrown: unknown) => thrown);
      expect(error, JSON.stringify(change)).toBeInstanceOf(AppError);
      expect((error as AppError).code, JSON.stringify(change)).toBe(code);
    }
    expect(consumer.received).toEqual([]);
  });
});

/** The id of a delivery is the server's own: where it stands in a header, it stands for the other one's. */
function withDelivery(request: ReturnType<typeof seen>, id: string, other: ReturnType<typeof seen>) {
  const uuid = id.slice('dlv_'.length);
  const headers = request.headers.map(([name, value]) => {
    const theirs = other.headers.find(([key]) => key === name)?.[1] ?? '';
    return value === uuid && theirs.length === uuid.length ? [name, theirs] : [name, value];
  });
  return { ...request, headers };
}

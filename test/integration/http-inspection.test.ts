import { beforeAll, describe, expect, it } from 'vitest';
import { type Api, type Asker, apiOf } from '../support/api.js';
import { HOUR, setScene } from '../support/scene.js';
import { useWorld } from '../support/world.js';

describe('looking into an attempt', () => {
  const world = useWorld();
  let api: Api;
  beforeAll(() => {
    api = apiOf(world);
  });

  async function sentBy(provider: string, more = {}) {
    const tenant = await world.tenant();
    await world.app.services.clock.put(tenant.id, {
      mode: 'manual',
      now: Date.parse('2026-01-01T00:00:00Z'),
    });
    const scene = await setScene(world, provider, { tenantId: tenant.id, ...more });
    const id = await scene.publish();
    await scene.untilAttempts(id, 1);
    const ask: Asker = api.as(tenant.key);
    const at = `/tenants/${tenant.publicId}/deliveries/dlv_${id}`;
    const verify = async (body: object = {}) => (await ask.post(`${at}/attempts/1/verify`, body)).body;
    return { scene, ask, at, verify };
  }

  it('explains how each attempt was signed, and finds the first byte that differs and why', async () => {
    const { scene, verify } = await sentBy('voyado');
    const own = await verify();
    expect(own).toMatchObject({ verdict: 'valid', causes: [], firstDifference: null });
    expect(own.keys[0].bytes).toBeGreaterThan(0);
    expect(own.header.expected).toHaveLength(1);
    const [request] = scene.consumer.received;
    const body = request!.body.toString('utf8');
    const newline = await verify({ body: `${body}\n` });
    expect(newline).toMatchObject({
      verdict: 'invalid',
      causes: [{ code: 'trailing_newline' }],
      firstDifference: { in: 'body', at: body.length },
    });
    const pretty = await verify({ body: JSON.stringify(JSON.parse(body), null, 2) });
    expect(pretty.causes[0].code).toBe('reserialised_json');
    const late = await verify({ at: new Date(Date.parse(own.timestamp.at) + HOUR).toISOString() });
    expect(late.causes).toMatchObject([{ code: 'stale_timestamp' }]);
    const wrong = await verify({ secret: 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' });
    expect(wrong).toMatchObject({ verdict: 'invalid', causes: [{ code: 'wrong_secret' }] });
  });

  it('signs nothing for anybody: to headers of one’s own the right signature is not told', async () => {
    const { scene, verify } = await sentBy('healthsync');
    const headers = scene.consumer.received[0]!.rawHeaders;
    expect((await verify({ headers })).verdict).toBe('valid');
    const forged = await verify({ headers, body: '{"forged":true}' });
    expect(forged).toMatchObject({ verdict: 'invalid', header: { expected: [] } });
    expect((await verify({ body: '{"forged":true}' })).header.expected).toEqual([]);
  });

  it('a shared key is judged and never shown', async () => {
    const { verify } = await sentBy('novamed', { secret: 'the-key-of-the-consumer' });
    const own = await verify();
    expect(own.verdict).toBe('valid');
    expect(JSON.stringify(own)).not.toContain('the-key-of-the-consumer');
  });

  it('tells the schedule that holds, with presets, jitter and what delays count from', async () => {
    const { ask, at, scene } = await sentBy('voyado');
    const plan = (await ask.get(`${at}/plan`)).body;
    expect(plan.steps[0]).toEqual({ number: 1, gapMs: 0, afterMs: 0, earliestMs: 0, latestMs: 0 });
    const delays = world.app.services.catalogue.read('voyado').retryDelaysMs;
    expect(plan.steps).toHaveLength(delays.length + 1);
    const last = plan.steps.at(-1);
    expect(last.afterMs).toBe(delays.reduce((sum, delay) => sum + delay, 0));
    expect(last.earliestMs).toBeLessThanOrEqual(last.afterMs);
    expect(last.latestMs).toBeGreaterThanOrEqual(last.afterMs);
    await world.app.services.subscriptions.remove(scene.tenantId, scene.subscriptionId);
    expect((await ask.get(`${at}/plan`)).body).toEqual(plan);
  });
});

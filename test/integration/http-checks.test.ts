import { beforeAll, describe, expect, it, vi } from 'vitest';
import { consumers, type Started } from '../checks/consumers/index.js';
import { type Api, apiOf } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { useWorld } from '../support/world.js';

vi.setConfig({ testTimeout: 180_000 });

describe('the checks of a tenant', () => {
  const world = useWorld();
  let api: Api;
  beforeAll(() => {
    api = apiOf(world);
  });

  async function with_<T>(name: string, work: (started: Started) => Promise<T>): Promise<T> {
    const started = await consumers.find((consumer) => consumer.name === name)!.start();
    try {
      return await work(started);
    } finally {
      await started.close();
    }
  }

  async function report(key: string, path: string) {
    return eventually(async () => {
      const { body } = await api.as(key).get(path);
      if (body.status !== 'finished') throw new Error(`the run is ${body.status}`);
      return body;
    });
  }

  it('are started for a subscription, with its secret, and read until they are done', async () => {
    const tenant = await world.tenant();
    const base = `/api/v1/tenants/${tenant.publicId}`;
    await with_('noyo-no-timestamp-check', async ({ url, secret }) => {
      const { body: subscription } = await api
        .as(tenant.key)
        .post(`${base}/subscriptions`, { provider: 'noyo', url, secret });
      const started = await api.as(tenant.key).post(`${base}/checks`, {
        subscriptionId: subscription.id,
        only: ['SIG', 'ACK-01'],
        seed: 7,
      });
      expect(started.status).toBe(201);
      expect(started.body).toMatchObject({ provider: 'noyo', target: url, seed: '7', report: null });
      const run = await report(tenant.key, `${base}/checks/${started.body.id}`);
      expect(run.progress).toEqual({ done: 12, of: 12, passed: 8, failed: 2 });
      expect(run.subscriptionId).toBe(subscription.id);
      const failures = run.report.checks.filter((check: { verdict: string }) => check.verdict === 'fail');
      expect(failures.map((check: { id: string }) => check.id)).toEqual(['SIG-05', 'SIG-06']);
      expect(failures[0].evidence[0]).toMatchObject({
        request: { method: 'POST', url },
        signed: expect.stringMatching(/^\d{4}-.*\.\{/),
        response: { status: 200 },
      });
      expect(failures[0].reproduce).toContain('--only SIG-05');
      expect(JSON.stringify(run)).not.toContain(secret);
      const listed = await api.as(tenant.key).get(`${base}/checks`);
      expect(listed.body.data).toMatchObject([{ id: run.id, status: 'finished', report: null }]);
      const other = await world.tenant();
      const elsewhere = `/api/v1/tenants/${other.publicId}/checks/${run.id}`;
      expect((await api.as(other.key).get(elsewhere)).status).toBe(404);
    });
  });

  it('give their reports as files, once there is one', async () => {
    const tenant = await world.tenant();
    const base = `/api/v1/tenants/${tenant.publicId}/checks`;
    await with_('noyo-no-timestamp-check', async ({ url, secret }) => {
      const { checks } = world.app.services;
      const run = await checks.start(tenant.id, {
        provider: 'noyo',
        url,
        secret: secret!,
        only: ['SIG-05', 'LOAD-01'],
      });
      // Nothing was sent yet: the run cannot be over.
      expect(() => checks.report(tenant.id, run.id.slice(4), 'html')).toThrow(/under way/);
      await report(tenant.key, `${base}/${run.id}`);
      const at = `${base}/${run.id}/report`;
      const files: [string, RegExp, string, RegExp][] = [
        ['', /^text\/html/, 'html', /<!doctype html>[\s\S]*SIG-05/],
        ['?format=junit', /^application\/xml/, 'xml', /failures="1"/],
        ['?format=json', /^application\/json/, 'json', /"failed": 1,/],
      ];
      for (const [query, type, end, text] of files) {
        const file = await api.as(tenant.key).get(at + query);
        expect(file.headers['content-type']).toMatch(type);
        expect(file.headers['content-disposition']).toBe(`attachment; filename="${run.id}.${end}"`);
        expect(file.text).toMatch(text);
        expect(file.text).not.toContain(secret);
      }
      expect((await api.as(tenant.key).get(`${at}?format=pdf`)).body.code).toBe('invalid_request');
      const other = await world.tenant();
      const elsewhere = `/api/v1/tenants/${other.publicId}/checks/${run.id}/report`;
      expect((await api.as(other.key).get(elsewhere)).status).toBe(404);
    });
  });

  it('look at the state where a probe is named', async () => {
    const tenant = await world.tenant();
    const base = `/api/v1/tenants/${tenant.publicId}`;
    await with_('healthsync-follows-arrival', async ({ url, effectsUrl, secret }) => {
      const { body } = await api.as(tenant.key).post(`${base}/checks`, {
        provider: 'healthsync',
        url,
        secret,
        effects: effectsUrl,
        only: ['ORD-03', 'DUP-01'],
      });
      const { report: found } = await report(tenant.key, `${base}/checks/${body.id}`);
      expect(found).toMatchObject({ level: 1, passed: 1, failed: 1 });
    });
  });

  it('say why nothing is looked for that the provider’s API could tell', async () => {
    const tenant = await world.tenant();
    const base = `/api/v1/tenants/${tenant.publicId}/checks`;
    await with_('noyo-correct', async ({ url, effectsUrl, secret }) => {
      const wanted = { provider: 'noyo', url, secret, effects: effectsUrl, level: 2, only: ['REC-02'] };
      const { body } = await api.as(tenant.key).post(base, wanted);
      const { report: found } = await report(tenant.key, `${base}/${body.id}`);
      expect(found.checks).toMatchObject([
        { verdict: 'skip', reason: expect.stringMatching(/^A run over the API .*--read-api PORT/) },
      ]);
    });
  });

  it('refuse what cannot be asked, and change nothing', async () => {
    const tenant = await world.tenant();
    const base = `/api/v1/tenants/${tenant.publicId}`;
    const url = 'http://127.0.0.1:9/hook';
    const cases: [object, number, string][] = [
      [{}, 400, 'invalid_request'],
      [{ provider: 'nojo', url }, 400, 'unknown_provider'],
      [{ provider: 'noyo', url }, 400, 'invalid_secret'],
      [{ provider: 'noyo', url, secret: 's', only: ['SIG-99'] }, 400, 'unknown_check'],
      [{ provider: 'noyo', url: 'http://10.0.0.1/hook', secret: 's' }, 400, 'egress_refused'],
      [{ provider: 'noyo', url, secret: 's', effects: 'http://10.0.0.1/state' }, 400, 'egress_refused'],
      [{ subscriptionId: `sub_${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}` }, 404, 'not_found'],
      [{ subscriptionId: 'sub_00000000-0000-7000-8000-000000000000', url }, 400, 'invalid_request'],
    ];
    for (const [input, status, code] of cases) {
      const answer = await api.as(tenant.key).post(`${base}/checks`, input);
      expect({ status: answer.status, code: answer.body.code }, JSON.stringify(input)).toEqual({
        status,
        code,
      });
    }
    expect((await api.as(tenant.key).get(`${base}/checks`)).body.data).toEqual([]);
  });
});

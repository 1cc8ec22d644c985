import { beforeAll, describe, expect, it } from 'vitest';
import { type Api, type Asker, apiOf } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { useWorld } from '../support/world.js';

interface Listed {
  id: string;
  status: string;
}

describe('events and deliveries over HTTP', () => {
  const world = useWorld();
  let api: Api;
  let ask: Asker;
  let at: string;
  const subscriptions: Record<'noyo' | 'healthsync', string> = { noyo: '', healthsync: '' };
  const event: Record<string, string> = {};

  /** Noyo answers 503 from the 3rd of January on, HealthSync always 200. */
  beforeAll(async () => {
    api = apiOf(world);
    const { publicId, key } = await world.tenant();
    at = `/tenants/${publicId}`;
    ask = api.as(key);
    await ask.put(`${at}/clock`, { mode: 'manual', now: '2026-01-01T00:00:00Z' });
    const noyo = await world.consumer();
    const healthsync = await world.consumer();
    for (const [provider, consumer] of [
      ['noyo', noyo],
      ['healthsync', healthsync],
    ] as const)
      subscriptions[provider] = (
        await ask.post(`${at}/subscriptions`, { provider, url: consumer.url })
      ).body.id;
    const publish = async (name: string, body: object) => {
      event[name] = (await ask.post(`${at}/events`, body)).body.id;
    };
    const advance = (by: string) => ask.post(`${at}/clock/advance`, { by });
    await publish('first', { provider: 'noyo', type: 'difference.created' });
    await publish('other', { provider: 'healthsync', type: 'document.uploaded' });
    await advance('2d');
    noyo.answer({ status: 503, body: 'down', headers: { 'x-why': 'maintenance' } });
    await publish('failing', { provider: 'noyo', type: 'difference.resolved' });
    await publish('raw', { provider: 'noyo', type: 'difference.created', payload: 'not json \u0000' });
    await advance('1h');
  });

  const list = async (query: string) => (await ask.get(`${at}/deliveries?${query}`)).body.data as Listed[];
  const only = async (query: string) => (await list(query))[0]!.id;

  it('are listed newest first, by every filter', async () => {
    const all = await list('');
    expect(all.map(({ id }) => id)).toEqual([...all.map(({ id }) => id)].sort().reverse());
    expect(all.map(({ status }) => status)).toEqual(['pending', 'pending', 'delivered', 'delivered']);
    expect(await list('status=delivered')).toHaveLength(2);
    expect(await list('status=delivered,pending')).toHaveLength(4);
    expect(await list('status=failed,held,cancelled,sending')).toEqual([]);
    expect(await list('provider=healthsync')).toHaveLength(1);
    expect(await list('type=difference.resolved')).toHaveLength(1);
    expect(await list(`subscriptionId=${subscriptions.noyo}`)).toHaveLength(3);
    expect(await list(`eventId=${event.other}`)).toHaveLength(1);
    expect(await list('since=2026-01-03T00:00:00Z')).toHaveLength(2);
    expect(await list('until=2026-01-03T00:00:00Z')).toHaveLength(2);
    expect(await list('since=2026-01-01T00:00:00.001Z&until=2026-01-02T23:59:59Z')).toEqual([]);
    expect(all[0]).not.toHaveProperty('attempts');
  });

  it('come in pages that fit together, whatever the filter', async () => {
    for (const filter of ['', 'status=pending,delivered&', 'provider=noyo&']) {
      const whole = await list(filter);
      const pages: Listed[] = [];
      for (let cursor = ''; ; ) {
        const { body } = await ask.get(`${at}/deliveries?${filter}limit=1${cursor}`);
        pages.push(...body.data);
        if (body.nextCursor === null) break;
        cursor = `&cursor=${body.nextCursor}`;
      }
      expect(pages).toEqual(whole);
    }
  });

  it('show their attempts with everything that went and came', async () => {
    const { body } = await ask.get(`${at}/deliveries/${await only(`eventId=${event.failing}`)}`);
    expect(body).toMatchObject({
      eventId: event.failing,
      provider: 'noyo',
      eventType: 'difference.resolved',
      status: 'pending',
      reason: null,
      createdAt: '2026-01-03T00:00:00.000Z',
      finishedAt: null,
      nextAttemptAt: expect.any(String),
    });
    expect(body.attempts).toHaveLength(body.attemptCount);
    expect(body.attempts[0]).toMatchObject({
      number: 1,
      trigger: 'scheduled',
      dueAt: '2026-01-03T00:00:00.000Z',
      outcome: 'retry',
      reason: expect.stringContaining('503'),
      request: {
        method: 'POST',
        url: expect.stringContaining('http://127.0.0.1'),
        bodyBytes: expect.any(Number),
      },
      response: { status: 503, body: 'down', bodyBytes: 4, truncated: false },
      subscriptionStatus: 'unhealthy',
      faults: [],
      signature: {
        scheme: expect.stringContaining('sha256'),
        header: 'x-noyo-signature',
        signedContent: expect.stringMatching(/^\d{4}-\d{2}-\d{2}T.*\+00:00\.\{body\}$/),
      },
    });
    expect(body.attempts[0].response.headers).toContainEqual(['x-why', 'maintenance']);
    expect(body.nextAttemptAt).toBe(body.attempts.at(-1).nextAttemptAt);
  });

  it('give the exact bytes of an attempt and of an event', async () => {
    const id = await only(`eventId=${event.raw}`);
    const bytes = (path: string) =>
      ask
        .get(path)
        .buffer(true)
        .parse((res, done) => {
          const chunks: Buffer[] = [];
          res.on('data', (chunk: Buffer) => chunks.push(chunk));
          res.on('end', () => done(null, Buffer.concat(chunks)));
        });
    const raw = await bytes(`${at}/events/${event.raw}?body=raw`);
    expect(raw.headers['content-type']).toBe('application/octet-stream');
    expect(raw.body).toEqual(Buffer.from('not json \u0000'));
    expect((await bytes(`${at}/deliveries/${id}/attempts/1?part=request`)).body).toEqual(raw.body);
    expect((await bytes(`${at}/deliveries/${id}/attempts/1?part=response`)).body).toEqual(
      Buffer.from('down'),
    );
    expect((await ask.get(`${at}/deliveries/${id}/attempts/1`)).body).toMatchObject({
      number: 1,
      outcome: 'retry',
    });
    for (const n of ['0', '99', 'x', '1e1'])
      expect((await ask.get(`${at}/deliveries/${id}/attempts/${n}`)).body).toMatchObject({
        status: 404,
        code: 'not_found',
      });
  });

  it('give the bytes of a retry that was written anew', async () => {
    const { publicId, key } = await world.tenant();
    const other = api.as(key);
    const path = `/tenants/${publicId}`;
    await other.put(`${path}/clock`, { mode: 'manual' });
    const consumer = await world.consumer(503);
    await other.post(`${path}/subscriptions`, {
      provider: 'noyo',
      url: consumer.url,
      presets: ['rebuiltBody'],
    });
    const published = await other.post(`${path}/events`, { provider: 'noyo', type: 'difference.created' });
    await other.post(`${path}/clock/advance`, { by: '1m' });
    const [first, second] = consumer.received;
    expect(second!.body).not.toEqual(first!.body);
    const attempts = `${path}/deliveries/${published.body.deliveries[0].id}/attempts`;
    expect((await other.get(`${attempts}/1?part=request`)).body.toString()).toBe(first!.body.toString());
    expect((await other.get(`${attempts}/2?part=request`)).body.toString()).toBe(second!.body.toString());
  });

  it('events are listed without bodies and shown with theirs', async () => {
    const { data } = (await ask.get(`${at}/events`)).body;
    expect(data.map(({ id }: Listed) => id)).toEqual([event.raw, event.failing, event.other, event.first]);
    expect(data[0]).not.toHaveProperty('body');
    expect(
      (await ask.get(`${at}/events?provider=noyo&type=difference.created&until=2026-01-02T00:00:00Z`)).body
        .data,
    ).toHaveLength(1);
    const shown = (await ask.get(`${at}/events/${event.first}`)).body;
    expect(shown).toMatchObject({
      provider: 'noyo',
      type: 'difference.created',
      variant: null,
      environment: 'production',
      createdAt: '2026-01-01T00:00:00.000Z',
      body: { event: { id: shown.providerEventId } },
      deliveries: [{ subscriptionId: subscriptions.noyo, status: 'delivered' }],
    });
    expect((await ask.get(`${at}/events?providerEventId=${shown.providerEventId}`)).body.data).toHaveLength(
      1,
    );
    expect((await ask.get(`${at}/events/${event.raw}`)).body.body).toBe('not json \u0000');
  });

  it('a body past its retention is 410, and what is known stays listed', async () => {
    await world.app.context.db.pool.query('UPDATE event SET body = NULL WHERE id = $1', [
      event.other!.slice(4),
    ]);
    expect((await ask.get(`${at}/events/${event.other}?body=raw`)).body).toMatchObject({
      status: 410,
      code: 'body_gone',
    });
    expect((await ask.get(`${at}/events/${event.other}`)).body).toMatchObject({
      body: null,
      provider: 'healthsync',
    });
  });

  it('are exported as lines, more than one page of them', async () => {
    const publish = { provider: 'noyo', type: 'difference.created' };
    const { publicId, key } = await world.tenant();
    const other = api.as(key);
    const { body: made } = await other.post(`/tenants/${publicId}/subscriptions`, {
      provider: 'noyo',
      url: 'https://c.example/',
    });
    await other.post(`/tenants/${publicId}/subscriptions/${made.id}/pause`);
    await other.post(`/tenants/${publicId}/events/batch`, {
      events: Array.from({ length: 600 }, () => publish),
    });
    const answer = await other.get(`/tenants/${publicId}/deliveries/export?status=held`);
    expect(answer.headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
    const lines = answer.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Listed);
    expect(new Set(lines.map(({ id }) => id)).size).toBe(600);
    expect(lines[0]).toEqual((await other.get(`/tenants/${publicId}/deliveries?limit=1`)).body.data[0]);
  });

  it('are counted per subscription', async () => {
    const { body } = await ask.get(`${at}/subscriptions/${subscriptions.noyo}/stats`);
    expect(body).toMatchObject({
      delivered: 1,
      failed: 0,
      pending: 2,
      rate: 1,
      byStatusCode: { 200: 1 },
      p95Ms: expect.any(Number),
    });
    expect(body.byStatusCode['503']).toBeGreaterThan(2);
    const since = await ask.get(`${at}/subscriptions/${subscriptions.noyo}/stats?since=2026-01-02T00:00:00Z`);
    expect(since.body).toMatchObject({ delivered: 0, failed: 0, pending: 2, rate: null });
  });

  it('are resent, due now, and withdrawn', async () => {
    const finished = await only(`eventId=${event.first}`);
    const waiting = await only(`eventId=${event.failing}`);
    expect((await ask.post(`${at}/deliveries/${waiting}/resend`)).body.code).toBe('delivery_not_finished');
    expect((await ask.post(`${at}/deliveries/${finished}/cancel`)).body.code).toBe('delivery_finished');
    expect((await ask.post(`${at}/deliveries/${finished}/retry-now`)).body.code).toBe('delivery_finished');
    expect((await ask.post(`${at}/deliveries/${finished}/resend`)).status).toBe(200);
    await ask.post(`${at}/clock/advance`, { by: '0s' });
    expect((await ask.get(`${at}/deliveries/${finished}`)).body).toMatchObject({
      status: 'delivered',
      attempts: [{ trigger: 'scheduled' }, { trigger: 'manual', number: 2, outcome: 'failed' }],
    });
    expect(await list(`eventId=${event.first}`)).toHaveLength(1);
    const cancelled = await ask.post(`${at}/deliveries/${waiting}/cancel`);
    expect(cancelled.body).toMatchObject({ status: 'cancelled', nextAttemptAt: null });
  });

  it('while it is resent a delivery is one, and it is under way', async () => {
    const { publicId, key } = await world.tenant();
    const other = api.as(key);
    const path = `/tenants/${publicId}`;
    const consumer = await world.consumer();
    await other.post(`${path}/subscriptions`, { provider: 'noyo', url: consumer.url });
    await other.post(`${path}/events`, { provider: 'noyo', type: 'difference.created' });
    const delivered = await eventually(async () => {
      const { data } = (await other.get(`${path}/deliveries?status=delivered`)).body;
      expect(data).toHaveLength(1);
      return data[0] as Listed;
    });
    let answer: (status: number) => void = () => {};
    consumer.answer(() => new Promise<number>((done) => (answer = done)));
    await other.post(`${path}/deliveries/${delivered.id}/resend`);
    await consumer.got(2);
    const during = (await other.get(`${path}/deliveries`)).body.data;
    expect(during).toMatchObject([
      { id: delivered.id, status: 'sending', attemptCount: 1, finishedAt: null },
    ]);
    expect((await other.get(`${path}/deliveries?status=delivered`)).body.data).toEqual([]);
    expect((await other.get(`${path}/deliveries/${delivered.id}`)).body.status).toBe('sending');
    answer(200);
    await eventually(async () => {
      expect((await other.get(`${path}/deliveries`)).body.data).toMatchObject([
        { status: 'delivered', attemptCount: 2 },
      ]);
    });
  });
});

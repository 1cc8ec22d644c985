import { beforeAll, describe, expect, it } from 'vitest';
import { type Api, type Asker, apiOf } from '../support/api.js';
import { useWorld } from '../support/world.js';

describe('subscriptions over HTTP', () => {
  const world = useWorld();
  let api: Api;
  beforeAll(() => {
    api = apiOf(world);
  });

  async function tenant(): Promise<{ ask: Asker; at: string; id: string }> {
    const { id, publicId, key } = await world.tenant();
    return { ask: api.as(key), at: `/tenants/${publicId}`, id };
  }

  it('are made with a secret of ours that is shown once', async () => {
    const { ask, at } = await tenant();
    const made = await ask.post(`${at}/subscriptions`, {
      provider: 'noyo',
      url: 'https://consumer.example/hook',
    });
    expect(made.body).toMatchObject({
      id: expect.stringMatching(/^sub_[0-9a-f-]{36}$/),
      provider: 'noyo',
      url: 'https://consumer.example/hook',
      status: 'active',
      unhealthySince: null,
      events: null,
      headers: {},
      presets: [],
      environment: 'production',
      rateLimit: null,
      maxInFlight: 10,
      secret: expect.stringMatching(/^.{32,}$/),
    });
    expect(made.status).toBe(201);
    const { secret: _, ...shown } = made.body;
    expect((await ask.get(`${at}/subscriptions/${made.body.id}`)).body).toEqual(shown);
    expect((await ask.get(`${at}/subscriptions`)).body).toEqual({ data: [shown], nextCursor: null });
  });
});

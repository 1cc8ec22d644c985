import { beforeAll, describe, expect, it } from 'vitest';
import { type Asker, apiOf } from '../support/api.js';
import { useWorld } from '../support/world.js';

const world = useWorld();
let asker: Asker;
let path: string;

beforeAll(async () => {
  const tenant = await world.tenant();
  asker = apiOf(world).as(tenant.key);
  path = `/tenants/${tenant.publicId}`;
});

const uuid = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;

/** What the publish was answered with in `Ringer-Notice`. */
async function notice(provider: string, type: string, more: object = {}): Promise<string | undefined> {
  const answer = await asker.post(`${path}/events`, { provider, type, ...more });
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.headers['ringer-notice'];
}

describe('a publish by hand that breaks a rule goes out with a notice', () => {
  it('noyo: a resolved difference is never reopened', async () => {
    const about = (n: number) => ({ data: { data: { id: uuid(n) } } });
    expect(await notice('noyo', 'difference.created', about(1))).toBeUndefined();
    expect(await notice('noyo', 'difference.discrepancy', about(1))).toBeUndefined();
    expect(await notice('noyo', 'difference.resolved', about(1))).toBeUndefined();
    expect(await notice('noyo', 'difference.discrepancy', about(1))).toBe(
      'Against a rule of Noyo: "A resolved difference is never reopened." It is sent all the same.',
    );
    expect(await notice('noyo', 'difference.resolved', about(2))).toBeUndefined();
    expect(await notice('noyo', 'difference.created', about(2))).toContain('never reopened');
    expect(await notice('noyo', 'difference.replaced', about(3))).toBeUndefined();
    expect(await notice('noyo', 'difference.resolved', about(3))).toContain('no longer open');
  });

  it('noyo: by whole payloads too, and in another environment or tenant it is another life', async () => {
    const event = (type: string) => ({
      payload: { data: { id: uuid(4) }, event: { id: uuid(99), created: 1, type } },
    });
    expect(await notice('noyo', 'difference.resolved', event('difference.resolved'))).toBeUndefined();
    expect(await notice('noyo', 'difference.created', event('difference.created'))).toContain('reopened');
    const other = await world.tenant();
    const answer = await apiOf(world)
      .as(other.key)
      .post(`/tenants/${other.publicId}/events`, {
        provider: 'noyo',
        type: 'difference.created',
        ...event('difference.created'),
      });
    expect(answer.headers['ringer-notice']).toBeUndefined();
    const about = { data: { data: { order_id: 'ord_1' } } };
    expect(await notice('novamed', 'order:delivered', about)).toBeUndefined();
    expect(await notice('novamed', 'order:shipped', { ...about, environment: 'production' })).toBeUndefined();
    expect(await notice('novamed', 'order:shipped', about)).toContain('order:delivered or order:cancelled');
  });

  it('of many events about one thing each is told by what came before all of them', async () => {
    const many = (status: string) => ({
      events: Array.from({ length: 60 }, () => ({
        provider: 'healthsherpa',
        type: 'sync',
        data: { application_id: 'HSA60', policy_status: status },
      })),
    });
    await notice('healthsherpa', 'sync', { data: many('effectuated').events[0]!.data });
    const terminated = await asker.post(`${path}/events/batch`, many('terminated'));
    expect([terminated.status, terminated.headers['ringer-notice']]).toEqual([202, undefined]);
  });

  it('healthsherpa: cancelled only before, terminated only after effectuation, on and off the exchange', async () => {
    const off = (n: number, policy_status: string) => ({
      data: { application_id: `HSA${n}`, policy_status },
    });
    expect(await notice('healthsherpa', 'submission', off(1, 'pending_effectuation'))).toBeUndefined();
    expect(await notice('healthsherpa', 'sync', off(1, 'terminated'))).toContain('after it was effectuated');
    expect(await notice('healthsherpa', 'sync', off(1, 'effectuated'))).toBeUndefined();
    expect(await notice('healthsherpa', 'sync', off(1, 'cancelled'))).toContain('never took effect');
    expect(await notice('healthsherpa', 'sync', off(2, 'cancelled'))).toBeUndefined();
    expect(await notice('healthsherpa', 'sync', off(2, 'effectuated'))).toContain('never took effect');
    const on = (policy_status: string) => ({
      variant: 'on_exchange',
      data: { transaction_id: 123456789, policy_status },
    });
    expect(await notice('healthsherpa', 'sync', on('effectuated'))).toBeUndefined();
    expect(await notice('healthsherpa', 'sync', on('terminated'))).toBeUndefined();
    expect(await notice('healthsherpa', 'sync', on('cancelled'))).toContain('never took effect');
  });

  it('voyado: preferences of contacts that exist, consents that stay set, points for followers only', async () => {
    const about = (contactId: string, more: object = {}) => ({ data: { payload: { contactId, ...more } } });
    const email = 'contact.acceptsEmail.changed';
    expect(await notice('voyado', email, about('c-1'))).toContain('contacts that exist');
    expect(await notice('voyado', 'contact.created', about('c-1'))).toBeUndefined();
    expect(await notice('voyado', email, about('c-1'))).toBeUndefined();
    expect(await notice('voyado', 'contact.created', about('c-1'))).toContain('created once');
    expect(await notice('voyado', 'contact.deleted', about('c-1'))).toBeUndefined();
    expect(await notice('voyado', email, about('c-1'))).toContain('not of a deleted one');
    expect(await notice('voyado', 'point.balance.updated', about('c-1'))).toContain('deleted contact');
    const unset = { eventId: 'e', eventType: 'contact.consent.changed', isEncrypted: false, tenant: 't' };
    expect(
      await notice('voyado', 'contact.consent.changed', {
        payload: { ...unset, payload: { contactId: 'c-2', consentId: 'n', value: null } },
      }),
    ).toContain('never goes back to "Not set"');
    await asker.put(`${path}/providers/voyado`, { settings: { pointFollower: false } });
    expect(await notice('voyado', 'loyalty.addPoints', about('c-3'))).toContain(
      'point follower solution only',
    );
  });

  it('voyado: also where payloads are encrypted', async () => {
    await asker.put(`${path}/providers/voyado`, {
      settings: { encryptionKey: 'DaqfT7Ys6tGqM3zbesEKpmacTJEqBCp2' },
    });
    const about = { data: { payload: { contactId: 'c-9' } } };
    expect(await notice('voyado', 'contact.created', about)).toBeUndefined();
    expect(await notice('voyado', 'contact.acceptsSms.changed', about)).toBeUndefined();
    expect(await notice('voyado', 'contact.deleted', about)).toBeUndefined();
    expect(await notice('voyado', 'contact.acceptsSms.changed', about)).toContain('contacts that exist');
  });

  it('healthsync: nothing about what is deleted or over', async () => {
    const about = (id: string) => ({ data: { data: { object: { id } } } });
    const analysed = { data: { data: { object: { document_id: 'doc_1' } } } };
    expect(await notice('healthsync', 'document.deleted', about('doc_1'))).toBeUndefined();
    expect(await notice('healthsync', 'analysis.completed', analysed)).toContain('deleted document');
    expect(await notice('healthsync', 'share.expired', about('shr_1'))).toBeUndefined();
    expect(await notice('healthsync', 'share.accessed', about('shr_1'))).toContain('used no more');
  });

  it('in a batch each is judged by those before it', async () => {
    const event = (type: string) => ({ provider: 'noyo', type, data: { data: { id: uuid(20) } } });
    const batch = (types: string[]) => asker.post(`${path}/events/batch`, { events: types.map(event) });
    const fine = await batch(['difference.created', 'difference.resolved']);
    expect(fine.headers['ringer-notice']).toBeUndefined();
    const broken = await batch(['difference.resolved', 'difference.discrepancy', 'difference.created']);
    expect(broken.headers['ringer-notice']).toContain('never reopened');
  });
});

describe('nothing is said', () => {
  it('of samples, whose ids are made up, and nothing is asked for them', async () => {
    expect(await notice('voyado', 'contact.acceptsEmail.changed')).toBeUndefined();
    expect(await notice('healthsherpa', 'sync', { data: { policy_status: 'terminated' } })).toBeUndefined();
    expect(await notice('noyo', 'test.hello_world', { data: { data: { message: 'x' } } })).toBeUndefined();
  });

  it('and nothing breaks, of ids that no table could hold', async () => {
    for (const id of ['x'.repeat(5_000), '\u0000', '\ud800', ''])
      expect(
        (
          await asker.post(`${path}/events`, {
            provider: 'healthsync',
            type: 'document.uploaded',
            payload: { id: 'evt_1', type: 'document.uploaded', data: { object: { id } } },
          })
        ).status,
        JSON.stringify(id.slice(0, 5)),
      ).toBe(202);
  });
});

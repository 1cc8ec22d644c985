// Read by the compiler alone: `npm run typecheck` fails where one of these lines means something else.
import type { DeliveryResource, EventBody, Tenant } from '../../src/index.js';

export async function typedEvents(tenant: Tenant, anyProvider: string, anyType: string): Promise<void> {
  await tenant.send('difference.created', { provider: 'noyo' });
  await tenant.send('difference.created', { provider: 'noyo', data: { data: { id: 'd-1' } } });
  await tenant.send('order:shipped', { provider: 'novamed', data: { data: { carrier: null } } });
  await tenant.send('sync', {
    provider: 'healthsherpa',
    variant: 'on_exchange',
    data: { policy_status: 'effectuated' },
  });
  await tenant.send('contact.created', { provider: 'voyado', data: { payload: { contactId: 'c-1' } } });
  await tenant.send(anyType, { provider: anyProvider, data: { whatever: 1 } });
  await tenant.subscribe({ provider: 'voyado', url: 'http://localhost', events: ['contact.created'] });

  await tenant.faults.add({ type: 'late', by: '26h', first: 1, subscriptionId: 'sub_1' });
  await tenant.faults.add({ type: 'ack_lost', on: [1, 3], match: { event: 'order:*' } });
  await tenant.send('difference.created', { provider: 'noyo', faults: [{ type: 'duplicate', n: 2 }] });

  // @ts-expect-error a fault that was mistyped
  await tenant.faults.add({ type: 'ack_loss' });
  // @ts-expect-error a parameter of another fault
  await tenant.faults.add({ type: 'ack_lost', by: '26h' });
  // @ts-expect-error a value that is none of the list
  await tenant.faults.add({ type: 'reorder', strategy: 'sideways' });
  // @ts-expect-error a parameter that is needed
  await tenant.faults.add({ type: 'outage' });
  await tenant.send('difference.created', {
    provider: 'noyo',
    // @ts-expect-error a parameter that is not there
    faults: [{ type: 'duplicate', times: 2 }],
  });
  // @ts-expect-error a type of another provider
  await tenant.send('contact.created', { provider: 'noyo' });
  // @ts-expect-error a type that was mistyped
  await tenant.send('difference.creatd', { provider: 'noyo' });
  // @ts-expect-error a provider that was mistyped
  await tenant.send('difference.created', { provider: 'nojo' });
  // @ts-expect-error a field that is not there
  await tenant.send('difference.created', { provider: 'noyo', data: { data: { idd: 'd-1' } } });
  // @ts-expect-error a value of another type
  await tenant.send('difference.created', { provider: 'noyo', data: { data: { id: 1 } } });
  await tenant.send('member_snapshot.status_change', {
    provider: 'noyo',
    // @ts-expect-error a value that is none of the list
    data: { data: { status: 'done' } },
  });
  // @ts-expect-error an option that is not there
  await tenant.send('difference.created', { provider: 'noyo', colour: 'red' });
  // @ts-expect-error an event of another provider
  await tenant.subscribe({ provider: 'voyado', url: 'http://localhost', events: ['difference.created'] });
}

type Difference = EventBody<'noyo', 'difference.created'>;

export function bodyOf(received: Difference): string {
  const type: 'difference.created' = received.event.type;
  return type + received.data.id;
}

export function statusOf({
  status,
}: DeliveryResource): 'pending' | 'sending' | 'delivered' | 'failed' | 'held' | 'cancelled' {
  return status;
}

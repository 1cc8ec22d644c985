import type { ProfileResource, PublishResult, SubscriptionResource } from 'ringer';
import type { DemoServer } from './demo-server.js';

export interface DemoWorld {
  tenant: string;
  receiver: string;
  rows: { provider: string; subscription: string; events: number; published: number }[];
}

interface Page<T> {
  data: T[];
  nextCursor: string | null;
}

interface Settings {
  settings: Record<string, unknown>;
}

interface KnownEvent {
  type: string;
  variant: string | null;
}

const SLUG = 'demo';
const BASE = `/tenants/${SLUG}`;

/** One tenant, one subscription per provider, one event of each documented shape. What is there already stays as it is. */
export async function makeDemoWorld(server: DemoServer): Promise<DemoWorld> {
  await ensureTenant(server);
  const { url: receiver } = await server.call<{ url: string }>('GET', `${BASE}/receiver`);
  const { data: profiles } = await server.call<Page<ProfileResource>>('GET', '/providers?limit=200');
  const rows: DemoWorld['rows'] = [];
  for (const profile of profiles) {
    const subscription = await ensureSubscription(server, profile.id, receiver);
    const { settings } = await server.call<Settings>('GET', `${BASE}/providers/${profile.id}`);
    const shapes = shapesOf(profile, settings);
    const known = await publishedShapes(server, profile.id);
    const missing = shapes.filter((shape) => !known.has(nameOf(shape)));
    for (const { type, variant } of missing) {
      const chosen = variant === null ? {} : { variant };
      await server.call<PublishResult>('POST', `${BASE}/events`, { provider: profile.id, type, ...chosen });
    }
    rows.push({ provider: profile.id, subscription, events: shapes.length, published: missing.length });
  }
  return { tenant: SLUG, receiver, rows };
}

async function ensureTenant(server: DemoServer): Promise<void> {
  const known = await everything<{ slug: string }>(server, '/tenants');
  if (known.some(({ slug }) => slug === SLUG)) return;
  await server.call('POST', '/tenants', { name: 'Demo', slug: SLUG });
}

async function ensureSubscription(server: DemoServer, provider: string, url: string): Promise<string> {
  const known = await everything<SubscriptionResource>(server, `${BASE}/subscriptions?provider=${provider}`);
  const same = known.find((subscription) => subscription.url === url);
  if (same) return same.id;
  return (await server.call<SubscriptionResource>('POST', `${BASE}/subscriptions`, { provider, url })).id;
}

/** What only other settings offer is left out. */
function shapesOf({ events }: ProfileResource, settings: Settings['settings']): KnownEvent[] {
  return events
    .filter(({ offeredWhen }) =>
      Object.entries(offeredWhen ?? {}).every(([key, value]) => settings[key] === value),
    )
    .flatMap(({ type, shapes }) => shapes.map(({ variant }) => ({ type, variant })));
}

async function publishedShapes(server: DemoServer, provider: string): Promise<Set<string>> {
  return new Set((await everything<KnownEvent>(server, `${BASE}/events?provider=${provider}`)).map(nameOf));
}

function nameOf({ type, variant }: KnownEvent): string {
  return `${type} ${variant}`;
}

async function everything<T>(server: DemoServer, path: string): Promise<T[]> {
  const found: T[] = [];
  for (let cursor = ''; ; ) {
    const page = await server.call<Page<T>>(
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}limit=200${cursor}`,
    );
    found.push(...page.data);
    if (page.nextCursor === null) return found;
    cursor = `&cursor=${page.nextCursor}`;
  }
}

/** Until every first attempt was made. */
export async function settled(server: DemoServer, withinMs: number): Promise<Record<string, number>> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const counts: Record<string, number> = {};
    const all = await everything<{ status: string; attemptCount: number }>(server, `${BASE}/deliveries`);
    for (const { status } of all) counts[status] = (counts[status] ?? 0) + 1;
    const waiting = all.some(
      (d) => d.status === 'sending' || (d.status === 'pending' && d.attemptCount === 0),
    );
    if (!waiting || performance.now() > deadline) return counts;
    await new Promise((done) => setTimeout(done, 50));
  }
}

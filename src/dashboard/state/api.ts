import { signal } from '@preact/signals';
import type { SessionResource } from '../../services/schemas/session.js';
import type { TenantResource } from '../../services/schemas/tenants.js';
import { Refusal } from './refusal.js';
import { query } from './router.js';

const API = '/api/v1';

/** Undefined until it is known; null = a key is wanted. */
export const session = signal<SessionResource | null | undefined>(undefined);
export const tenants = signal<TenantResource[]>([]);

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The tenant that the address names, else the default one, else the first there is. */
export function tenantSlug(): string {
  const named = query.value.get('tenant');
  if (named) return named;
  const own = session.value?.tenant?.slug;
  return (
    own ?? tenants.value.find(({ slug }) => slug === 'default')?.slug ?? tenants.value[0]?.slug ?? 'default'
  );
}

/** A path of the API inside the chosen tenant. */
export function inTenant(path: string, slug = tenantSlug()): string {
  return `/tenants/${encodeURIComponent(slug)}${path}`;
}

/** @param path below `/api/v1`. @throws Refusal */
export async function call<T>(method: Method, path: string, body?: unknown): Promise<T> {
  const response = await ask(method, path, body);
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

export const get = <T>(path: string) => call<T>('GET', path);
export const post = <T>(path: string, body: unknown = {}) => call<T>('POST', path, body);

/** The OpenAPI document, which lies beside the API. */
export async function getDocument<T>(): Promise<T> {
  return (await fetch('/openapi.json')).json() as Promise<T>;
}

/** The exact bytes behind a path. @throws Refusal */
export async function getBytes(path: string): Promise<Uint8Array> {
  return new Uint8Array(await (await ask('GET', path)).arrayBuffer());
}

async function ask(method: Method, path: string, body?: unknown): Promise<Response> {
  const send = () =>
    fetch(API + path, {
      method,
      credentials: 'same-origin',
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
  let response = await send();
  if (response.status === 401 && path !== '/session' && (await renewSession())) response = await send();
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Partial<Refusal> & { detail?: string };
  if (response.status === 401) session.value = null;
  throw new Refusal(
    response.status,
    problem.code ?? 'internal',
    problem.detail ?? `The server answered ${response.status}.`,
    problem.errors,
  );
}

/** On the machine of its server the first page brings a session; asked for anew when the old one is over. */
async function renewSession(): Promise<boolean> {
  await fetch('/', { headers: { accept: 'text/html' } });
  return (await fetch(`${API}/session`)).ok;
}

export async function openSession(): Promise<void> {
  try {
    session.value = await get<SessionResource>('/session');
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    session.value = null;
  }
  await loadTenants();
}

/** @throws Refusal when the key is not known. */
export async function signIn(key: string): Promise<void> {
  session.value = await post<SessionResource>('/session', { key });
  await loadTenants();
}

export async function loadTenants(): Promise<void> {
  if (session.value?.kind !== 'operator') return;
  tenants.value = (await get<{ data: TenantResource[] }>('/tenants?limit=200')).data;
}

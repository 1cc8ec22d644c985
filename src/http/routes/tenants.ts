import { pageQuery } from '../../services/schemas/fields.js';
import {
  key,
  keyInput,
  keyPage,
  tenant,
  tenantInput,
  tenantPage,
  tenantPatch,
} from '../../services/schemas/tenants.js';
import type { Services } from '../../services/services.js';
import { API, type Route, route, TENANT } from '../route.js';

export function tenantRoutes({ tenants, keys }: Pick<Services, 'tenants' | 'keys'>): Route[] {
  const shared = { tag: 'Tenants', access: 'operator' as const };
  return [
    route({
      ...shared,
      method: 'post',
      path: `${API}/tenants`,
      summary: 'Make a tenant and its first key',
      body: tenantInput,
      answers: { 201: { description: 'The tenant, its key shown this once.', schema: tenant } },
      handle: async ({ body }) => ({ body: await tenants.create(body) }),
    }),
    route({
      ...shared,
      method: 'get',
      path: `${API}/tenants`,
      summary: 'List tenants, newest first',
      query: pageQuery({}),
      answers: { 200: { description: 'A page of tenants.', schema: tenantPage } },
      handle: async ({ query }) => ({ body: await tenants.list(query) }),
    }),
    route({
      ...shared,
      method: 'get',
      path: TENANT,
      summary: 'One tenant',
      answers: { 200: { description: 'The tenant.', schema: tenant } },
      handle: async ({ tenantId }) => ({ body: await tenants.read(tenantId) }),
    }),
    route({
      ...shared,
      method: 'patch',
      path: TENANT,
      summary: 'Change a tenant’s name, slug, retention or notifyUrl',
      body: tenantPatch,
      answers: { 200: { description: 'The tenant.', schema: tenant } },
      handle: async ({ tenantId, body }) => ({ body: await tenants.update(tenantId, body) }),
    }),
    route({
      ...shared,
      method: 'delete',
      path: TENANT,
      summary: 'Remove a tenant with everything in it',
      answers: { 204: { description: 'It is gone.' } },
      handle: async ({ tenantId }) => {
        await tenants.remove(tenantId);
        return {};
      },
    }),
    route({
      ...shared,
      method: 'post',
      path: `${TENANT}/keys`,
      summary: 'Make a key',
      body: keyInput,
      answers: { 201: { description: 'The key, shown this once.', schema: key } },
      handle: async ({ tenantId, body }) => ({ body: await keys.create(tenantId, body) }),
    }),
    route({
      ...shared,
      method: 'get',
      path: `${TENANT}/keys`,
      summary: 'List keys, newest first, without their values',
      query: pageQuery({}),
      answers: { 200: { description: 'A page of keys.', schema: keyPage } },
      handle: async ({ tenantId, query }) => ({ body: await keys.list(tenantId, query) }),
    }),
    route({
      ...shared,
      method: 'get',
      path: `${TENANT}/keys/{id}`,
      id: 'key',
      summary: 'One key, without its value',
      answers: { 200: { description: 'The key.', schema: key } },
      handle: async ({ tenantId, id }) => ({ body: await keys.read(tenantId, id) }),
    }),
    route({
      ...shared,
      method: 'delete',
      path: `${TENANT}/keys/{id}`,
      id: 'key',
      summary: 'Revoke a key, at once',
      answers: { 204: { description: 'It opens nothing any more.' } },
      handle: async ({ tenantId, id }) => {
        await keys.remove(tenantId, id);
        return {};
      },
    }),
  ];
}

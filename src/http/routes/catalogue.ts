import { profile, profilePage, providerQuery } from '../../services/schemas/catalogue.js';
import { pageQuery } from '../../services/schemas/fields.js';
import type { Services } from '../../services/services.js';
import { API, type Route, route } from '../route.js';

export function catalogueRoutes({ catalogue }: Pick<Services, 'catalogue'>): Route[] {
  const shared = { tag: 'Providers', access: 'caller' as const };
  return [
    route({
      ...shared,
      method: 'get',
      path: `${API}/providers`,
      summary: 'Every provider: events, signature, schedule, health, and where each fact comes from',
      query: pageQuery({}),
      answers: { 200: { description: 'A page of providers.', schema: profilePage } },
      handle: ({ query }) => ({ body: catalogue.list(query) }),
    }),
    route({
      ...shared,
      method: 'get',
      path: `${API}/providers/{provider}`,
      summary: 'One provider',
      query: providerQuery,
      answers: { 200: { description: 'The provider.', schema: profile } },
      handle: ({ params, query }) => ({ body: catalogue.read(params.provider ?? '', query.seed) }),
    }),
  ];
}

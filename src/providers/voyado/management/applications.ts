import { z } from 'zod';
import { isoMillis } from '../../../lib/clock.js';
import type { Json } from '../../../lib/merge-patch.js';
import { type DoorReply, type DoorRoute, doorRoute } from '../../front-door.js';
import type { Keeping, Port } from '../../port.js';
import { uuidOfSvixId } from '../svix-ids.js';
import {
  type Application,
  type ApplicationData,
  applicationIn,
  applicationOf,
  applicationRecords,
  createApplication,
  DEFAULT,
  defaultApplication,
  defaultRecords,
  findApplication,
  refuseTakenName,
  removeApplication,
} from './application.js';
import { conflict, invalid, notFound } from './errors.js';
import { flag, metadata, rate, text, uid } from './fields.js';
import { listOf, orderedPageQuery, pageOf } from './paging.js';
import { at, claim } from './route.js';

const fields = z.object({
  name: text.min(1, 'Application names must be at least one character'),
  uid: uid('app_').nullish(),
  throttleRate: rate.nullish(),
  rateLimit: rate.nullish().meta({ description: 'The older name of throttleRate.' }),
  metadata: metadata.optional(),
});
export const applicationInput = fields.meta({ id: 'SvixApplicationIn' });
const applicationPatch = fields.partial().meta({ id: 'SvixApplicationPatch' });
type Patch = z.output<typeof applicationPatch>;

const shape = z
  .object({
    id: z.string(),
    uid: z.string().optional(),
    name: z.string(),
    throttleRate: z.number().optional(),
    rateLimit: z.number().optional(),
    metadata: z.record(z.string(), z.string()),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'SvixApplicationOut' });

function shown({ id, uid: name, name: title, throttleRate, ...app }: Application): z.output<typeof shape> {
  return {
    ...(name === null ? {} : { uid: name }),
    name: title,
    ...(throttleRate === null ? {} : { throttleRate, rateLimit: throttleRate }),
    id,
    createdAt: isoMillis(app.createdAtMs),
    updatedAt: isoMillis(app.updatedAtMs),
    metadata: { ...app.metadata },
  };
}

/** @param before null: what is left out has its default. */
export function applicationData(input: Patch, before: Application | null): ApplicationData {
  const given = input.throttleRate === undefined ? input.rateLimit : input.throttleRate;
  return {
    name: input.name ?? before?.name ?? '',
    throttleRate: given === undefined ? (before?.throttleRate ?? null) : given,
    metadata: input.metadata ?? before?.metadata ?? {},
  };
}

/** @param name absent: the uid stays as it was. */
async function replace(
  kept: Keeping,
  app: Application,
  { data, name }: { data: ApplicationData; name?: string | null | undefined },
): Promise<Application> {
  const json = { ...data } as Record<string, Json>;
  await kept.limitApplication(app.key, data.throttleRate);
  if (app.key !== DEFAULT) {
    refuseTakenName(name);
    const replaced = await applicationRecords(kept).replace(app.uuid, json, name);
    if (!replaced) throw notFound('Application');
    return applicationOf(replaced);
  }
  if (name !== undefined && name !== null && name !== DEFAULT)
    throw invalid(['uid'], `The application of the control API is called ${DEFAULT}; its uid stays.`);
  const records = defaultRecords(kept);
  const record = await records.findByUid(DEFAULT);
  if (record) await records.replace(record.id, json);
  else await records.create(json, DEFAULT);
  return defaultApplication(kept);
}

const query = orderedPageQuery.extend({
  exclude_apps_with_no_endpoints: flag.optional(),
  exclude_apps_with_disabled_endpoints: flag.optional(),
  exclude_apps_with_svix_play_endpoints: flag.optional(),
});

/** Applications are few; what is excluded is found by reading on. */
async function isListed(
  port: Port,
  environment: string,
  { app, query: wanted }: { app: Application; query: z.output<typeof query> },
): Promise<boolean> {
  const exclude = [
    wanted.exclude_apps_with_no_endpoints,
    wanted.exclude_apps_with_disabled_endpoints,
    wanted.exclude_apps_with_svix_play_endpoints,
  ];
  if (!exclude.includes(true)) return true;
  const endpoints = await port.subscriptions.list({ application: app.key, environment, limit: 1_000 });
  const [none, disabled, play] = exclude;
  return !(
    (none && endpoints.length === 0) ||
    (disabled && endpoints.some(({ status }) => !['active', 'unhealthy'].includes(status))) ||
    (play && endpoints.some(({ url }) => new URL(url).hostname === 'play.svix.com'))
  );
}

/** In order of their ids: the tenant is older than whatever it made. */
async function listApplications(
  port: Port,
  listing: { after: string | null; limit: number; order: 'ascending' | 'descending' },
  listed: (app: Application) => Promise<boolean>,
): Promise<Application[]> {
  const found: Application[] = [];
  const ascending = listing.order === 'ascending';
  const first = await defaultApplication(port);
  const isNext =
    listing.after === null || (ascending ? first.uuid > listing.after : first.uuid < listing.after);
  const take = async (app: Application) => {
    if (found.length < listing.limit && (await listed(app))) found.push(app);
  };
  if (ascending && isNext) await take(first);
  let after = isNext && ascending ? null : listing.after;
  for (let more = true; more && found.length < listing.limit; ) {
    const records = await applicationRecords(port).list({ ...listing, after });
    for (const record of records) await take(applicationOf(record));
    after = records.at(-1)?.id ?? after;
    more = records.length === listing.limit;
  }
  if (!ascending && isNext) await take(first);
  return found;
}

export const applications: readonly DoorRoute[] = [
  doorRoute({
    method: 'get',
    path: at('/app'),
    summary: 'List applications',
    claim: claim(),
    query,
    answers: { 200: { description: 'A page of them.', schema: listOf(shape) } },
    handle: async ({ port, environment, query: wanted }) => {
      const { rows, rest } = await pageOf(wanted, {
        order: wanted.order ?? 'ascending',
        locate: (id) => uuidOfSvixId('app', id),
        read: (listing) =>
          listApplications(port, listing, (app) => isListed(port, environment, { app, query: wanted })),
        iteratorOf: ({ id }) => id,
      });
      return { status: 200, body: { data: rows.map(shown), ...rest } };
    },
  }),
  doorRoute({
    method: 'post',
    path: at('/app'),
    summary: 'Create an application, or take the one of this uid',
    claim: claim(),
    query: z.object({ get_if_exists: flag.default(false) }),
    body: applicationInput,
    answers: {
      201: { description: 'Created.', schema: shape },
      200: { description: 'It existed, and get_if_exists was set.', schema: shape },
    },
    handle: ({ port, query: { get_if_exists: take }, body, answer }) =>
      port.keep(
        async (kept) => {
          const existing = body.uid ? await findApplication(kept, body.uid) : null;
          if (existing && !take) throw conflict('An application with that id or uid already exists.');
          if (existing) return { status: 200, body: shown(existing) };
          const made = await createApplication(kept, applicationData(body, null), body.uid ?? null);
          return { status: 201, body: shown(made) };
        },
        answer?.((reply: DoorReply) => reply),
      ),
  }),
  doorRoute({
    method: 'get',
    path: at('/app/{app_id}'),
    summary: 'Read an application',
    claim: claim(),
    answers: { 200: { description: 'As it is.', schema: shape } },
    handle: async (call) => ({ status: 200, body: shown(await applicationIn(call)) }),
  }),
  doorRoute({
    method: 'put',
    path: at('/app/{app_id}'),
    summary: 'Replace an application, or create it',
    claim: claim('what is created has the uid of the body, as in the open-source server'),
    body: applicationInput,
    answers: {
      200: { description: 'Replaced.', schema: shape },
      201: { description: 'Created.', schema: shape },
    },
    handle: ({ port, params, body }) =>
      port.keep(async (kept) => {
        const app = await findApplication(kept, params.app_id ?? '');
        const data = applicationData(body, null);
        const name = body.uid ?? null;
        const put = app
          ? await replace(kept, app, { data, name })
          : await createApplication(kept, data, name);
        return { status: app ? 200 : 201, body: shown(put) };
      }),
  }),
  doorRoute({
    method: 'patch',
    path: at('/app/{app_id}'),
    summary: 'Change an application',
    claim: claim(),
    body: applicationPatch,
    answers: { 200: { description: 'Changed.', schema: shape } },
    handle: ({ port, params, body }) =>
      port.keep(async (kept) => {
        const app = await applicationIn({ port: kept, params });
        const changed = await replace(kept, app, { data: applicationData(body, app), name: body.uid });
        return { status: 200, body: shown(changed) };
      }),
  }),
  doorRoute({
    method: 'delete',
    path: at('/app/{app_id}'),
    summary: 'Delete an application with its endpoints',
    claim: claim('what the control API makes has to stay somewhere: default cannot be deleted'),
    answers: { 204: { description: 'Gone.' } },
    handle: ({ port, params }) =>
      port.keep(async (kept) => {
        const app = await applicationIn({ port: kept, params });
        if (app.key === DEFAULT)
          throw conflict(
            `The application ${DEFAULT} holds what the control API makes; it cannot be deleted.`,
          );
        await removeApplication(kept, app);
        return { status: 204 };
      }),
  }),
];

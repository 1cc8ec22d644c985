import { describe, expect, it } from 'vitest';
import {
  DAY,
  HOUR,
  MINUTE,
  refusalOf,
  type Scene,
  type SceneOptions,
  SECOND,
  setScene,
} from '../../support/scene.js';
import { useWorld } from '../../support/world.js';

/** A reading that no single request shows: what is seen of a subscription that takes it, against one that does not. */
interface Reading extends Pick<SceneOptions, 'answers'> {
  row: number | null;
  provider: string;
  preset: string;
  see(scene: Scene): Promise<unknown>;
  byDefault: unknown;
  otherwise: unknown;
}

/** When the attempts of an event that always fails start. */
const instants = async (scene: Scene) => {
  const id = await scene.publish();
  await scene.advance({ untilIdle: true });
  return scene.offsets(id);
};
const attempts = async (scene: Scene) => (await instants(scene)).length;
const ending = async (scene: Scene) => {
  const id = await scene.publish();
  await scene.advance({ untilIdle: true });
  return (await scene.delivery(id)).status;
};
const statusAfterOne = async (scene: Scene) => {
  await scene.publish();
  await scene.advance({ by: 0 });
  return (await scene.subscription()).status;
};
/** An event fails, and a week later another one fails once. */
const statusAfterAWeek = async (scene: Scene) => {
  await scene.publish();
  await scene.advance({ by: 7 * DAY });
  await scene.publish();
  await scene.advance({ by: 0 });
  return (await scene.subscription()).status;
};
/** What becomes of an event for a subscription in this state. */
const fate = async ({ services, tenantId }: Scene, provider: string, type: string) =>
  (await services.publish.publish(tenantId, { provider, type })).deliveries.map(({ status }) => status);
const fateWhileFailed = async (scene: Scene) => {
  expect(await statusAfterAWeek(scene)).toBe('failed');
  return fate(scene, 'noyo', 'difference.created');
};
const fateWhileDisabled = async (scene: Scene) => {
  const { services, tenantId, subscriptionId } = scene;
  await services.subscriptions.update(tenantId, subscriptionId, { active: false });
  return fate(scene, 'healthsync', 'document.uploaded');
};
/** Whether the first two attempts are the same in this. */
const sameInBoth =
  (part: (received: Scene['consumer']['received'][number]) => unknown) => async (scene: Scene) => {
    await instants(scene);
    const [first, second] = scene.consumer.received;
    return part(first!) === part(second!);
  };
const sameBody = sameInBoth(({ body }) => body.toString());
const SHERPA = [0, 20 * SECOND, 10 * MINUTE, HOUR];
const NOVAMED = [0, 1, 6, 21, 81].map((n) => n * MINUTE);
const HEALTHSYNC = [0, 1, 6, 36, 96].map((n) => n * MINUTE);

const schedules: Omit<Reading, 'answers'>[] = [
  {
    row: 4,
    provider: 'noyo',
    preset: 'fifteenAttempts',
    see: async (scene) => {
      const at = await instants(scene);
      return [at.length, at.at(-1)];
    },
    byDefault: [16, 3 * DAY],
    otherwise: [15, 3 * DAY],
  },
  {
    row: 10,
    provider: 'healthsherpa',
    preset: 'previousAttempt',
    see: instants,
    byDefault: SHERPA,
    otherwise: [0, 20 * SECOND, 620 * SECOND, 4_220 * SECOND],
  },
  {
    row: 10,
    provider: 'healthsherpa',
    preset: 'noRetries',
    see: instants,
    byDefault: SHERPA,
    otherwise: [0],
  },
  {
    row: 21,
    provider: 'novamed',
    preset: 'fromFirstAttempt',
    see: instants,
    byDefault: NOVAMED,
    otherwise: [0, 1, 5, 15, 60].map((n) => n * MINUTE),
  },
  { row: 26, provider: 'healthsync', preset: 'fourAttempts', see: attempts, byDefault: 5, otherwise: 4 },
  {
    row: 27,
    provider: 'healthsync',
    preset: 'fromFirstAttempt',
    see: instants,
    byDefault: HEALTHSYNC,
    otherwise: [0, 1, 5, 30, 60].map((n) => n * MINUTE),
  },
];

const delivered = { see: ending, byDefault: 'failed', otherwise: 'delivered' };
const answered: Reading[] = [
  { row: 5, provider: 'noyo', preset: 'success2xx', answers: 201, ...delivered },
  {
    row: 11,
    provider: 'healthsherpa',
    preset: 'success200',
    answers: 204,
    see: ending,
    byDefault: 'delivered',
    otherwise: 'failed',
  },
  { row: null, provider: 'novamed', preset: 'success2xx', answers: 202, ...delivered },
  { row: 28, provider: 'healthsync', preset: 'success2xx', answers: 204, ...delivered },
  ...['noyo', 'healthsherpa', 'voyado', 'novamed', 'healthsync'].map((provider) => ({
    row: 31,
    provider,
    preset: 'redirectIsSuccess',
    answers: 302,
    ...delivered,
  })),
];

const same = { byDefault: true, otherwise: false };
const stopped: Omit<Reading, 'answers'>[] = [
  {
    row: 7,
    provider: 'noyo',
    preset: 'unhealthyOnExhaustion',
    see: statusAfterOne,
    byDefault: 'unhealthy',
    otherwise: 'active',
  },
  {
    row: 7,
    provider: 'noyo',
    preset: 'failedOnExhaustion',
    see: statusAfterAWeek,
    byDefault: 'failed',
    otherwise: 'unhealthy',
  },
  {
    row: 8,
    provider: 'noyo',
    preset: 'dropWhileFailed',
    see: fateWhileFailed,
    byDefault: ['held'],
    otherwise: [],
  },
  {
    row: 8,
    provider: 'noyo',
    preset: 'cancelWhileFailed',
    see: fateWhileFailed,
    byDefault: ['held'],
    otherwise: ['cancelled'],
  },
  {
    row: null,
    provider: 'healthsync',
    preset: 'holdWhileDisabled',
    see: fateWhileDisabled,
    byDefault: ['cancelled'],
    otherwise: ['held'],
  },
  {
    row: 29,
    provider: 'healthsync',
    preset: 'deliveryIdPerAttempt',
    see: sameInBoth(({ headers }) => headers['x-healthsync-delivery']),
    ...same,
  },
  ...['noyo', 'healthsherpa', 'voyado', 'novamed', 'healthsync'].map((provider) => ({
    row: 32,
    provider,
    preset: 'rebuiltBody',
    see: sameBody,
    ...same,
  })),
];

describe('other readings, as an endpoint sees them', () => {
  const world = useWorld();

  it.each<Reading>([...schedules, ...answered, ...stopped])(
    '$row $provider: $preset',
    async ({ provider, preset, answers, see, byDefault, otherwise }) => {
      const options = answers === undefined ? {} : { answers };
      expect(await see(await setScene(world, provider, options))).toEqual(byDefault);
      expect(await see(await setScene(world, provider, { ...options, presets: [preset] }))).toEqual(
        otherwise,
      );
    },
  );

  it('24 novamed: acceptNeverSend registers plain http and sends nothing', async () => {
    const url = 'http://93.184.216.34/hook';
    expect(await refusalOf(setScene(world, 'novamed', { url }))).toBe('https_required');
    const scene = await setScene(world, 'novamed', { url, presets: ['acceptNeverSend'] });
    const id = await scene.publish();
    await scene.advance({ untilIdle: true });
    const { status, attempts: made } = await scene.delivery(id);
    expect([status, made.map(({ reason }) => reason)]).toEqual(['failed', ['https_required']]);
  });

  it.each(['noyo', 'healthsherpa', 'voyado', 'novamed', 'healthsync'])(
    '33 %s: a refused connection is a failure like any other, and retried',
    async (provider) => {
      const heard = await setScene(world, provider);
      const unheard = await setScene(world, provider, { url: 'http://127.0.0.1:9/hook' });
      const tried = await instants(heard);
      const id = await unheard.publish();
      await unheard.advance({ untilIdle: true });
      expect(await unheard.offsets(id)).toEqual(tried);
      const { attempts: made } = await unheard.delivery(id);
      expect(new Set(made.map(({ reason }) => reason))).toEqual(new Set(['refused']));
    },
  );
});

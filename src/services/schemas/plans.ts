import { z } from 'zod';
import { faultInCron, nextTurn } from '../../engine/cron.js';
import { isoInstant, json, pageOf, pageQuery, refuse, strict } from './fields.js';

/** A cron expression that comes at least once in a hundred years. */
const cron = z
  .string()
  .max(200)
  .meta({
    description: 'Five fields, or six with seconds first; UTC, both days have to match.',
    example: '0 9 * * mon',
  })
  .superRefine((text, ctx) => {
    const fault = faultInCron(text);
    if (fault !== null) refuse(ctx, 'invalid_cron', `"${text.slice(0, 50)}" cannot be read: ${fault}`);
    else if (nextTurn(text, 0) === null)
      refuse(ctx, 'invalid_cron', `"${text.slice(0, 50)}" names no instant in a hundred years`);
  });

const target = {
  environment: z.string().optional(),
  subscriptionId: z.string().optional().meta({ description: 'Only to this subscription.' }),
};

export const scheduleInput = strict({
  cron,
  provider: z.string(),
  type: z.string(),
  variant: z.string().optional(),
  data: json.optional().meta({ description: 'JSON merge patch (RFC 7396) over the example.' }),
  ...target,
}).meta({ id: 'ScheduleInput' });
export type ScheduleInput = z.output<typeof scheduleInput>;

export const schedule = z
  .object({
    id: z.string(),
    cron: z.string(),
    provider: z.string(),
    type: z.string(),
    variant: z.string().nullable(),
    environment: z.string().nullable(),
    data: json,
    subscriptionId: z.string().nullable(),
    nextAt: isoInstant.nullable().meta({ description: 'Its next turn, on the tenant’s clock.' }),
    refused: z.string().nullable().meta({ description: 'Why its last turn could not be published.' }),
    createdAt: isoInstant,
  })
  .meta({ id: 'Schedule' });
export type ScheduleResource = z.output<typeof schedule>;
export const schedulePage = pageOf(schedule);

export const scenarioInput = strict({
  provider: z.string(),
  name: z.string(),
  seed: z
    .union([z.string().min(1).max(100), z.int()])
    .optional()
    .meta({ description: 'The same seed tells the same life; made when left out.' }),
  data: json.optional().meta({ description: 'JSON merge patch over the data of every step.' }),
  ...target,
}).meta({ id: 'ScenarioInput' });
export type ScenarioInput = z.output<typeof scenarioInput>;

export const scenarioRun = z
  .object({
    id: z.string(),
    provider: z.string(),
    name: z.string(),
    seed: z.string(),
    startedAt: isoInstant,
    steps: z
      .array(
        z.object({
          at: isoInstant.nullable(),
          type: z.string(),
          variant: z.string().nullable(),
          data: json,
          refused: z.string().nullable().meta({ description: 'Why it could not be published.' }),
        }),
      )
      .meta({ description: 'All of them when it is started; afterwards those to come.' }),
  })
  .meta({ id: 'ScenarioRun' });
export type ScenarioRun = z.output<typeof scenarioRun>;
export const scenarioRunPage = pageOf(scenarioRun);
export const planQuery = pageQuery({});

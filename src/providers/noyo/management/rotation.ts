import { z } from 'zod';
import { assumedClaim } from '../../claims.js';
import { DoorRefusal, type DoorRoute, doorRoute } from '../../front-door.js';
import { SEED } from '../sources.js';
import { signingSecret, signingSecretOf, weakness } from './signing-secret.js';
import { SUBSCRIPTIONS, subscriptionOf } from './subscriptions.js';

const SECRETS = `${SUBSCRIPTIONS}/{id}/secrets`;

const claim = assumedClaim(
  'The form takes an API key name "to assist in future key rotation", and the verifier a list of signatures.',
  SEED,
);

const add = doorRoute({
  method: 'post',
  path: SECRETS,
  summary: 'Rotate: add a second secret; both sign until the old one is retired or its overlap ends',
  claim,
  body: z.strictObject({
    secret: z.string().meta({ description: 'Never answered again.' }),
    api_key_name: z.string().min(1).max(200).optional(),
    overlap_seconds: z
      .int()
      .min(0)
      .optional()
      .meta({ description: 'How long the old one signs too; default a day, at most seven.' }),
  }),
  answers: { 201: { description: 'It signs from the next attempt on.', schema: signingSecret } },
  handle: async (call) => {
    const { port, body } = call;
    const { id } = await subscriptionOf(call);
    await port.subscriptions.rotate(id, {
      secret: body.secret,
      ...(body.api_key_name === undefined ? {} : { name: body.api_key_name }),
      ...(body.overlap_seconds === undefined ? {} : { overlapMs: body.overlap_seconds * 1000 }),
    });
    const [newest] = await port.subscriptions.secrets(id);
    return { status: 201, body: signingSecretOf(newest!), notices: weakness(body.secret) };
  },
});

const retire = doorRoute({
  method: 'delete',
  path: `${SECRETS}/{secret}`,
  summary: 'Retire a secret: it signs no attempt from now on',
  claim,
  answers: { 204: { description: 'Retired; the newest of the others signs on without an end.' } },
  handle: async (call) => {
    const { id } = await subscriptionOf(call);
    if (await call.port.subscriptions.retireSecret(id, call.params.secret ?? '')) return { status: 204 };
    throw new DoorRefusal(404, 'not_found', 'There is no such secret, or it signs no more.');
  },
});

export const rotationRoutes: readonly DoorRoute[] = [add, retire];

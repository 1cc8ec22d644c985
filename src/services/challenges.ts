import type { Egress } from '../engine/egress/egress.js';
import { judgeUrl } from '../engine/egress/judge-url.js';
import { CHALLENGE_PATH } from '../engine/faults/admit.js';
import { AppError } from '../errors.js';
import { asText } from '../lib/bytes.js';
import { isoMillis } from '../lib/clock.js';
import { randomText } from '../lib/ids.js';
import { systemRandom } from '../lib/random.js';
import {
  listTargets,
  PROOF_HOLDS_MS,
  type ProvedTarget,
  readChallengeToken,
  recordProof,
} from '../store/fault-targets.js';
import type { Context } from './context.js';
import type { ChallengeResource, ProvedTargetResource } from './schemas/faults.js';

export interface ChallengesService {
  /** What a target must answer, and which have. */
  read(tenantId: string): Promise<ChallengeResource>;
  /** Asks the target. @throws AppError `fault_refused` when it does not answer the token. */
  prove(tenantId: string, url: string): Promise<ProvedTargetResource>;
}

const TIMEOUT_MS = 5_000;

/** Who may be sent hostile and broken faults: whoever answers the tenant's token, for 24 hours. */
export function challengesService(context: Context, egress: Egress): ChallengesService {
  const { db } = context;

  const tokenOf = async (tenantId: string): Promise<string> => {
    const token = await readChallengeToken(db.pool, tenantId, randomText(systemRandom(), 32));
    if (token === null) throw new AppError('not_found', 'There is no such tenant.');
    return token;
  };

  const ask = async (tenantId: string, url: string) =>
    egress.send({
      method: 'GET',
      url,
      headers: [['accept', 'text/plain']],
      body: new Uint8Array(),
      timeout: { kind: 'total', ms: TIMEOUT_MS },
      poolKey: tenantId,
      https: 'optional',
    });

  return {
    async read(tenantId) {
      const token = await tokenOf(tenantId);
      const targets = await listTargets(db.pool, tenantId);
      return { path: CHALLENGE_PATH, token, targets: targets.map(targetResource) };
    },
    async prove(tenantId, url) {
      const verdict = judgeUrl(url, context.egress, 'optional');
      if (!verdict.ok)
        throw new AppError(verdict.code, verdict.detail, [{ path: 'url', message: verdict.detail }]);
      const { origin } = new URL(verdict.url);
      const token = await tokenOf(tenantId);
      const asked = `${origin}${CHALLENGE_PATH}`;
      const result = await ask(tenantId, asked);
      if (result.kind === 'failed') throw refused(`GET ${asked} failed: ${result.detail}`);
      const said = asText(result.body).trim();
      if (result.status !== 200 || said !== token)
        throw refused(
          `GET ${asked} answered ${result.status} without the tenant's token; answer 200 and exactly that, as text.`,
        );
      return targetResource(await db.transaction((client) => recordProof(client, tenantId, origin)));
    },
  };
}

function refused(detail: string): AppError {
  return new AppError('fault_refused', detail);
}

function targetResource({ origin, provedAtMs }: ProvedTarget): ProvedTargetResource {
  return { origin, provedAt: isoMillis(provedAtMs), endsAt: isoMillis(provedAtMs + PROOF_HOLDS_MS) };
}

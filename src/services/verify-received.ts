import { type LaneSources, loadLaneSnapshots } from '../engine/lane-snapshot.js';
import type { ReceivedBytes, Verification } from '../engine/receiver.js';
import { verify } from '../providers/signing/verify.js';
import { lanesOfUrl } from '../store/lanes.js';
import { readTenantNow } from '../store/tenant-clock.js';

/**
 * Whether a correct consumer would take what the built-in receiver got: checked against each of the tenant's subscriptions
 * that points there. Where presets or settings change how it is signed, this consumer does not know, and takes it.
 * @param url where the tenant's subscriptions to the receiver begin.
 */
export async function verifyReceived(
  sources: LaneSources,
  { tenantId, url }: { tenantId: string; url: string },
  request: ReceivedBytes,
): Promise<Verification> {
  const lanes = await lanesOfUrl(sources.db.pool, tenantId, url);
  if (lanes.length === 0) return { verified: null, reason: 'no subscription points here' };
  const nowMs = await readTenantNow(sources.db.pool, tenantId);
  const snapshots = await loadLaneSnapshots(
    sources,
    lanes.map(({ lane }) => lane),
  );
  const changed = new Set(lanes.filter((l) => l.changed).map((l) => l.lane));
  const verdicts = snapshots.map(({ lane, profile, secrets }): Verification => {
    const live = secrets.filter((s) => s.expiresAtMs === null || s.expiresAtMs > nowMs).map((s) => s.value);
    const verdict = verify(profile, request, live);
    return verdict.verified === false && changed.has(lane)
      ? { verified: null, reason: 'signed another way by a preset or setting' }
      : verdict;
  });
  return (
    verdicts.find((v) => v.verified === true) ??
    verdicts.find((v) => v.verified === null) ??
    verdicts[0] ?? { verified: null, reason: null }
  );
}

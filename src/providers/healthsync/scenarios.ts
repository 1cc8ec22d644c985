import type { Json } from '../../lib/merge-patch.js';
import { assumedClaim } from '../claims.js';
import {
  DAY_MS,
  drawFrom,
  HOUR_MS,
  inOrder,
  MINUTE_MS,
  type Scenario,
  type ScenarioStep,
  SECOND_MS,
} from '../scenario.js';
import { isoSeconds } from '../signing/timestamp.js';
import { freshId } from './events/envelope.js';
import { SEED } from './sources.js';

const LINK_MS = 7 * DAY_MS;

/** Uploaded, analysed, renamed; shared by a link that ends by itself or is revoked; at the end perhaps deleted. */
const document: Scenario = {
  name: 'document',
  title: 'A document’s life: uploaded, analysed, shared by a link for a while, perhaps deleted.',
  ...assumedClaim('The page lists the events; their order, the gaps and the chances are ours.', SEED),
  steps({ random, startMs }) {
    const draw = drawFrom(random);
    const user_id = freshId(random, 'user');
    const { category, filename } = draw.oneOf([
      { category: 'lab_results', filename: 'lab_results.pdf' },
      { category: 'imaging', filename: 'mri_knee.pdf' },
      { category: 'prescription', filename: 'prescription.pdf' },
    ]);
    const file = {
      id: freshId(random, 'doc'),
      user_id,
      filename,
      file_size: 20_000 + Math.floor(random.float() * 2_000_000),
      category,
      uploaded_at: isoSeconds(startMs),
    };
    const tell = (afterMs: number, type: string, object: { [key: string]: Json }): ScenarioStep => ({
      afterMs,
      type,
      data: { data: { object } },
    });
    const analysis = (afterMs: number, how: 'completed' | 'failed') =>
      tell(afterMs, `analysis.${how}`, { id: freshId(random, 'ana'), document_id: file.id, user_id });

    const steps = [tell(0, 'document.uploaded', file)];
    const analysedMs = draw.between(30 * SECOND_MS, 10 * MINUTE_MS);
    if (draw.chance(0.2)) {
      const againMs = analysedMs + draw.between(10 * MINUTE_MS, HOUR_MS);
      steps.push(analysis(analysedMs, 'failed'), analysis(againMs, 'completed'));
    } else steps.push(analysis(analysedMs, 'completed'));

    const updatedMs = draw.between(2 * HOUR_MS, DAY_MS);
    const renamed = { ...file, filename: `final_${filename}` };
    steps.push(tell(updatedMs, 'document.updated', renamed));
    const sharedMs = updatedMs + draw.between(HOUR_MS, 3 * DAY_MS);
    if (draw.chance(0.4))
      steps.push(
        tell(sharedMs - 30 * MINUTE_MS, 'document.shared', {
          ...renamed,
          shared_with: freshId(random, 'user'),
        }),
      );
    const link = {
      id: freshId(random, 'shr'),
      document_id: file.id,
      user_id,
      created_at: isoSeconds(startMs + sharedMs),
      expires_at: isoSeconds(startMs + sharedMs + LINK_MS),
    };
    const revoked = draw.chance(0.3);
    const endMs = sharedMs + (revoked ? draw.between(DAY_MS, LINK_MS - HOUR_MS) : LINK_MS);
    steps.push(tell(sharedMs, 'share.created', link));
    for (let visits = draw.oneOf([0, 1, 2, 3]); visits > 0; visits--)
      steps.push(tell(draw.between(sharedMs + MINUTE_MS, endMs - MINUTE_MS), 'share.accessed', link));
    steps.push(tell(endMs, revoked ? 'share.revoked' : 'share.expired', link));
    if (draw.chance(0.4))
      steps.push(tell(endMs + draw.between(DAY_MS, 60 * DAY_MS), 'document.deleted', renamed));
    return inOrder(steps);
  },
};

export const scenarios: readonly Scenario[] = [document];

import { randomText, uuid4 } from '../../lib/ids.js';
import type { Json } from '../../lib/merge-patch.js';
import { assumedClaim } from '../claims.js';
import { DAY_MS, drawFrom, HOUR_MS, MINUTE_MS, type Scenario, type ScenarioStep } from '../scenario.js';
import { dateTimeOffset } from './events/envelope.js';
import { endOfNextYear } from './events/points.js';
import { tenantOf } from './settings.js';
import { SEED } from './sources.js';

const VOUCHER_EVERY = 500;
const VALID_FOR_MS = 90 * DAY_MS;
const CHANNELS = ['Email', 'Sms', 'Postal'] as const;

/** Created; then preferences, a consent, points and what they earn; at the end perhaps deleted. */
const contact: Scenario = {
  name: 'contact',
  title: 'A contact’s life: created, changing its mind, earning points and vouchers, perhaps deleted.',
  ...assumedClaim('The triggers are documented; the gaps, the chances and most payloads are ours.', SEED),
  steps({ random, startMs, settings }) {
    const draw = drawFrom(random);
    const { pointFollower, accountId, definitionId } = tenantOf({ settings });
    const contactId = uuid4(random);
    const account = accountId === 'int' ? 100 + Math.floor(random.float() * 900) : uuid4(random);
    const preferences: Record<string, boolean> = {};
    const steps: ScenarioStep[] = [];
    const atMs = () => steps.at(-1)?.afterMs ?? 0;
    const tell = (gapMs: number, type: string, payload: { [key: string]: Json } = {}) =>
      steps.push({ afterMs: atMs() + gapMs, type, data: { payload: { contactId, ...payload } } });

    let balance = 0;
    const earn = (gapMs: number, amount: number, description: string) => {
      balance += amount;
      if (pointFollower) tell(gapMs, 'loyalty.addPoints', { amount, pointDefinitionId: 1, description });
      tell(pointFollower ? draw.between(1_000, MINUTE_MS) : gapMs, 'point.balance.updated', {
        balance,
        accountId: account,
        definitionId: definitionId === 'int' ? 1 : '1',
        balanceExpires: dateTimeOffset(endOfNextYear(startMs + atMs())),
      });
    };
    const voucher = (gapMs: number) => {
      const fromMs = startMs + atMs() + gapMs;
      steps.push({
        afterMs: atMs() + gapMs,
        type: 'reward.voucher.created',
        data: {
          payload: {
            ContactId: contactId,
            Id: uuid4(random),
            UniqueCode: randomText(random, 10, 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'),
            ValidFrom: dateTimeOffset(fromMs),
            ValidTo: dateTimeOffset(fromMs + VALID_FOR_MS),
          },
        },
      });
    };

    tell(0, 'contact.created');
    earn(draw.between(MINUTE_MS, 10 * MINUTE_MS), 100, 'Welcome points');
    tell(draw.between(MINUTE_MS, HOUR_MS), 'contact.consent.changed', {
      consentId: 'newsletter',
      value: draw.chance(0.8),
    });
    for (let rounds = draw.oneOf([2, 3, 4, 5]); rounds > 0; rounds--) {
      const gapMs = draw.between(DAY_MS, 14 * DAY_MS);
      const before = balance;
      switch (draw.oneOf(['preference', 'points', 'promotion', 'update'])) {
        case 'preference': {
          const channel = draw.oneOf(CHANNELS);
          preferences[channel] = !(preferences[channel] ?? draw.chance(0.5));
          tell(gapMs, `contact.accepts${channel}.changed`, { [`accepts${channel}`]: preferences[channel] });
          break;
        }
        case 'points':
          earn(gapMs, 50 * draw.oneOf([1, 4, 8, 12]), 'Purchase');
          break;
        case 'promotion':
          tell(gapMs, 'promotion.multichannel.assigned', { promotionId: uuid4(random) });
          break;
        default:
          tell(gapMs, 'contact.updated');
      }
      if (Math.floor(balance / VOUCHER_EVERY) > Math.floor(before / VOUCHER_EVERY))
        voucher(draw.between(MINUTE_MS, HOUR_MS));
    }
    if (draw.chance(0.3)) tell(draw.between(DAY_MS, 60 * DAY_MS), 'contact.deleted');
    return steps;
  },
};

export const scenarios: readonly Scenario[] = [contact];

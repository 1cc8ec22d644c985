import { describe, expect, it } from 'vitest';
import type { LaneSnapshot } from '../../src/engine/lane-snapshot.js';
import { type Lane, Lanes } from '../../src/engine/lanes.js';
import { spend } from '../../src/engine/throttle.js';

function snapshot(maxInFlight: number, rateLimit: number | null = null): LaneSnapshot {
  return {
    maxInFlight,
    rateLimit,
    sharedLimit: null,
    tenant: { clockMode: 'system', clockRate: 1, wire: 'wall' },
  } as LaneSnapshot;
}

function setUp(caps: readonly number[], rateLimit: number | null = null) {
  let nowMs = 1_000;
  const lanes = new Lanes(() => nowMs);
  caps.forEach((cap, i) => {
    lanes.get(i + 1).snapshot = snapshot(cap, rateLimit);
  });
  const take = (slots: number, state: 0 | 1 = 0) => {
    const { wants, waitMs } = lanes.take(state, slots);
    for (const { lane, want } of wants) lane.inFlight += want;
    return { wants: wants.map(({ lane, want }) => [lane.key, want]), raw: wants, waitMs };
  };
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { lanes, take, pass };
}

describe('who is served next', () => {
  it('nobody, as long as nobody has anything', () => {
    const { take } = setUp([10]);
    expect(take(100)).toMatchObject({ wants: [], waitMs: null });
  });

  it('every lane up to its cap, in the order in which they came', () => {
    const { lanes, take } = setUp([10, 3]);
    lanes.heat(2, 0);
    lanes.heat(1, 0);
    lanes.heat(2, 0);
    expect(take(100).wants).toEqual([
      [2, 3],
      [1, 10],
    ]);
  });

  it('one of a lane that is not known yet', () => {
    const { lanes, take } = setUp([]);
    lanes.heat(7, 0);
    expect(take(100).wants).toEqual([[7, 1]]);
  });

  it('no more than there are slots, and then the others first', () => {
    const { lanes, take } = setUp([10, 10, 10]);
    for (const key of [1, 2, 3]) lanes.heat(key, 0);
    const first = take(15);
    expect(first.wants).toEqual([
      [1, 10],
      [2, 5],
    ]);
    for (const want of first.raw) lanes.claimed(want, 0, want.want, 0);
    expect(take(10).wants).toEqual([[3, 10]]);
  });

  it('retries apart from first attempts', () => {
    const { lanes, take } = setUp([10]);
    lanes.heat(1, 1);
    expect(take(5, 0).wants).toEqual([]);
    expect(take(5, 1).wants).toEqual([[1, 5]]);
  });
});

describe('a lane at its cap', () => {
  it('waits for a slot of its own, and comes back with it', () => {
    const { lanes, take } = setUp([2]);
    lanes.heat(1, 0);
    const { raw } = take(100);
    lanes.claimed(raw[0]!, 0, 2, raw[0]!.lane.nudges);
    lanes.heat(1, 0);
    expect(take(100).wants).toEqual([]);
    lanes.returned(raw[0]!.lane);
    expect(take(100).wants).toEqual([[1, 1]]);
  });

  it('keeps no other lane from its turn', () => {
    const { lanes, take } = setUp([1, 10]);
    lanes.heat(1, 0);
    const { raw } = take(1);
    lanes.claimed(raw[0]!, 0, 1, raw[0]!.lane.nudges);
    lanes.heat(1, 0);
    lanes.heat(2, 0);
    expect(take(100).wants).toEqual([[2, 10]]);
  });
});

describe('after a claim', () => {
  it('that came back short the lane is left alone', () => {
    const { lanes, take } = setUp([10]);
    lanes.heat(1, 0);
    const { raw } = take(100);
    raw[0]!.lane.inFlight -= 8;
    lanes.claimed(raw[0]!, 0, 2, raw[0]!.lane.nudges);
    for (let i = 0; i < 2; i++) lanes.returned(raw[0]!.lane);
    expect(take(100).wants).toEqual([]);
  });

  it('a nudge that landed meanwhile is not lost with a short result', () => {
    const { lanes, take } = setUp([10]);
    lanes.heat(1, 0);
    const { raw } = take(100);
    const before = raw[0]!.lane.nudges;
    lanes.heat(1, 0);
    raw[0]!.lane.inFlight -= 10;
    lanes.claimed(raw[0]!, 0, 0, before);
    expect(take(100).wants).toEqual([[1, 10]]);
  });
});

describe('a lane without a token', () => {
  it('says how long it waits, and has its turn then', () => {
    const { lanes, take, pass } = setUp([10], 2);
    lanes.heat(1, 0);
    const { raw } = take(100);
    expect(raw[0]!.want).toBe(2);
    for (let i = 0; i < 2; i++) spend(lanes.limits(raw[0]!.lane), 1_000);
    lanes.claimed(raw[0]!, 0, 2, raw[0]!.lane.nudges);
    expect(take(100)).toMatchObject({ wants: [], waitMs: 500 });
    pass(500);
    expect(take(100).wants).toEqual([[1, 1]]);
  });
});

describe('lanes that share a limit', () => {
  function sharing(rates: readonly (number | null)[], shared: number) {
    const world = setUp(rates.map(() => 10));
    rates.forEach((rateLimit, i) => {
      const lane = world.lanes.get(i + 1);
      lane.snapshot = { ...lane.snapshot!, rateLimit, sharedLimit: { key: 'app', rate: shared } };
      world.lanes.heat(i + 1, 0);
    });
    const send = ({ raw }: ReturnType<typeof world.take>, atMs: number) => {
      for (const { lane, want } of raw) {
        for (let i = 0; i < want; i++) spend(world.lanes.limits(lane), atMs);
        lane.inFlight -= want;
        world.lanes.claimed({ lane, want }, 0, want, lane.nudges);
      }
    };
    return { ...world, send };
  }

  it('are promised no more together than it allows, and each has its turn', () => {
    const { take, send, pass } = sharing([null, null, null], 7);
    const first = take(100);
    expect(first.wants).toEqual([[1, 7]]);
    send(first, 1_000);
    expect(take(100)).toMatchObject({ wants: [] });
    pass(1_000);
    expect(take(100).wants).toEqual([[2, 7]]);
  });

  it('keep to their own limits within it', () => {
    const { take } = sharing([2, 3, null], 9);
    expect(take(100).wants).toEqual([
      [1, 2],
      [2, 3],
      [3, 4],
    ]);
  });

  it('say when the next may go', () => {
    const { take, send } = sharing([null, null], 4);
    send(take(100), 1_000);
    expect(take(100)).toMatchObject({ wants: [], waitMs: 250 });
  });
});

describe('the turns of a clock that stands', () => {
  it('go by instant and then by delivery, whoever was claimed first', () => {
    const { lanes } = setUp([10]);
    const lane = lanes.get(1);
    const claims = [
      [7, 'd2'],
      [7, 'd4'],
      [7, 'd1'],
      [8, 'd0'],
      [7, 'd3'],
    ] as const;
    for (const [startedAtMs, deliveryId] of claims) lanes.queueUp(lane, { startedAtMs, deliveryId });
    expect(lane.ordered.map(({ key }) => `${key.startedAtMs}${key.deliveryId}`)).toEqual([
      '7d1',
      '7d2',
      '7d3',
      '7d4',
      '8d0',
    ]);
  });
});

describe('forgetting', () => {
  it('goes for what was quiet, never for what is in flight, waits or may have more', () => {
    const { lanes, pass } = setUp([10, 10, 10, 10]);
    const busy: Lane = lanes.get(2);
    busy.inFlight = 1;
    lanes.heat(3, 1);
    lanes.queueUp(lanes.get(4), { startedAtMs: 0, deliveryId: 'd1' });
    pass(1_001);
    lanes.sweep(1_000);
    expect([1, 2, 3, 4].map((key) => lanes.get(key).snapshot !== null)).toEqual([false, true, true, true]);
  });
});

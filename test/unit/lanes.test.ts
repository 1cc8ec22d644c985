import { describe, expect, it } from 'vitest';
import type { LaneSnapshot } from '../../src/engine/lane-snapshot.js';
import { type Claimed, type Lane, Lanes, lower } from '../../src/engine/lanes.js';
import { spend } from '../../src/engine/throttle.js';

function snapshot(maxInFlight: number, rateLimit: number | null = null): LaneSnapshot {
  return {
    maxInFlight,
    rateLimit,
    sharedLimit: null,
    sharedCaps: [],
    tenant: { clockMode: 'system', clockRate: 1, wire: 'wall' },
  } as Partial<LaneSnapshot> as LaneSnapshot;
}

function setUp(caps: readonly number[], rateLimit: number | null = null) {
  let nowMs = 1_000;
  const lanes = new Lanes(() => nowMs, 100);
  caps.forEach((cap, i) => {
    lanes.get(i + 1).snapshot = snapshot(cap, rateLimit);
  });
  const take = (slots: number, state: 0 | 1 = 0) => {
    const { wants, waitMs } = lanes.take(state, slots);
    return { wants: wants.map(({ lane, want }) => [lane.key, want]), raw: wants, waitMs };
  };
  const pass = (ms: number) => {
    nowMs += ms;
  };
  return { lanes, take, pass };
}

const came = (got: number, { lastDueMs = null, overdue = false }: Partial<Claimed> = {}) => ({
  got,
  lastDueMs,
  overdue,
});
const one = (lane: Lane) => ({ lane, want: 1, groups: [], sinceMs: 0, nudges: 0, lowerings: 0 });

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

  it('nobody of whom nothing is known yet', () => {
    const { lanes, take } = setUp([10]);
    lanes.heat(7, 0);
    lanes.heat(1, 0);
    expect(lanes.unknown(0, 5).map(({ key }) => key)).toEqual([7]);
    expect(take(100).wants).toEqual([[1, 10]]);
    lanes.get(7).snapshot = snapshot(3);
    expect(take(100).wants).toEqual([[7, 3]]);
  });

  it('no more than there are slots, and then the others first', () => {
    const { lanes, take } = setUp([10, 10, 10]);
    for (const key of [1, 2, 3]) lanes.heat(key, 0);
    const first = take(15);
    expect(first.wants).toEqual([
      [1, 10],
      [2, 5],
    ]);
    for (const want of first.raw) lanes.claimed(want, 0, came(want.want));
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
    lanes.claimed(raw[0]!, 0, came(2));
    lanes.heat(1, 0);
    expect(take(100).wants).toEqual([]);
    lanes.returned(raw[0]!);
    expect(take(100).wants).toEqual([[1, 1]]);
  });

  it('keeps no other lane from its turn', () => {
    const { lanes, take } = setUp([1, 10]);
    lanes.heat(1, 0);
    const { raw } = take(1);
    lanes.claimed(raw[0]!, 0, came(1));
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
    lanes.claimed(raw[0]!, 0, came(2));
    for (let i = 0; i < 2; i++) lanes.returned(raw[0]!);
    expect(take(100).wants).toEqual([]);
  });

  it('a nudge that landed meanwhile is not lost with a short result', () => {
    const { lanes, take } = setUp([10]);
    lanes.heat(1, 0);
    const { raw } = take(100);
    lanes.heat(1, 0);
    lanes.claimed(raw[0]!, 0, came(0));
    expect(take(100).wants).toEqual([[1, 10]]);
  });
});

describe('from when on a lane is read', () => {
  const since = (world: ReturnType<typeof setUp>, state: 0 | 1 = 0) => {
    world.lanes.heat(1, state);
    const [want] = world.take(1, state).raw;
    world.lanes.claimed(want!, state, came(0));
    return want!.sinceMs;
  };
  /** A claim that brings one delivery. */
  const claim = (world: ReturnType<typeof setUp>, lastDueMs: number, meanwhile = () => {}) => {
    world.lanes.heat(1, 0);
    const [want] = world.take(1).raw;
    meanwhile();
    world.lanes.claimed(want!, 0, came(1, { lastDueMs }));
    world.lanes.returned(want!);
  };

  it('is the beginning, as long as nothing is known', () => {
    expect(since(setUp([10]))).toBe(Number.NEGATIVE_INFINITY);
  });

  it('is two seconds before what was claimed last, by kind, and never goes back by itself', () => {
    const world = setUp([10]);
    claim(world, 50_000);
    claim(world, 49_000);
    expect([since(world), since(world, 1)]).toEqual([48_000, Number.NEGATIVE_INFINITY]);
  });

  it('goes back to what somebody found, and to the beginning where nobody knows', () => {
    const world = setUp([10]);
    claim(world, 50_000);
    world.lanes.heat(1, 0, 20_000);
    expect(since(world)).toBe(20_000);
    world.lanes.heat(1, 0, Number.NEGATIVE_INFINITY);
    expect(since(world)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('is not raised by a claim that was under way when something older turned up', () => {
    const world = setUp([10]);
    claim(world, 50_000);
    claim(world, 60_000, () => lower(world.lanes.get(1), 0, 40_000));
    expect(since(world)).toBe(40_000);
  });

  it('is the beginning after a claim that failed', () => {
    const world = setUp([10]);
    claim(world, 50_000);
    world.lanes.heat(1, 0);
    world.lanes.notClaimed(world.take(1).raw[0]!, 0);
    expect(since(world)).toBe(Number.NEGATIVE_INFINITY);
  });

  it('is the beginning on a clock of its own', () => {
    const world = setUp([10]);
    claim(world, 50_000);
    const lane = world.lanes.get(1);
    lane.snapshot = { ...lane.snapshot!, tenant: { clockMode: 'manual', clockRate: 0, wire: 'wall' } };
    expect(since(world)).toBe(Number.NEGATIVE_INFINITY);
  });
});

describe('a lane without a token', () => {
  it('says how long it waits, and has its turn then', () => {
    const { lanes, take, pass } = setUp([10], 2);
    lanes.heat(1, 0);
    const { raw } = take(100);
    expect(raw[0]!.want).toBe(2);
    for (let i = 0; i < 2; i++) spend(lanes.limits(raw[0]!.lane), 1_000);
    lanes.claimed(raw[0]!, 0, came(2));
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
      for (const taken of raw) {
        const { lane, want } = taken;
        for (let i = 0; i < want; i++) spend(world.lanes.limits(lane), atMs);
        world.lanes.claimed(taken, 0, came(want));
        for (let i = 0; i < want; i++) world.lanes.returned(taken);
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
    for (const [startedAtMs, deliveryId] of claims) lanes.queueUp(one(lane), { startedAtMs, deliveryId });
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
    lanes.queueUp(one(lanes.get(4)), { startedAtMs: 0, deliveryId: 'd1' });
    pass(1_001);
    lanes.sweep(1_000);
    expect([1, 2, 3, 4].map((key) => lanes.get(key).snapshot !== null)).toEqual([false, true, true, true]);
  });
});

describe('lanes that share a cap', () => {
  function sharing(count: number, cap: number) {
    const world = setUp(new Array(count).fill(10));
    for (let key = 1; key <= count; key++) {
      const lane = world.lanes.get(key);
      lane.snapshot = { ...lane.snapshot!, sharedCaps: [{ key: 'tenant', cap }] };
      world.lanes.heat(key, 0);
    }
    return world;
  }

  it('have no more in flight together than it allows, and the others have what is left', () => {
    const { lanes, take } = sharing(3, 12);
    lanes.get(9).snapshot = snapshot(10);
    lanes.heat(9, 0);
    expect(take(100).wants).toEqual([
      [1, 10],
      [2, 2],
      [9, 10],
    ]);
  });

  it('come back one for one as answers come, in their turn', () => {
    const { lanes, take } = sharing(3, 12);
    const { raw } = take(100);
    for (const want of raw) lanes.claimed(want, 0, came(want.want));
    expect(take(100).wants).toEqual([]);
    lanes.returned(raw[0]!);
    expect(take(100).wants).toEqual([[3, 1]]);
  });

  it('make room for the next when there was nothing to claim', () => {
    const { lanes, take } = sharing(3, 10);
    const [first] = take(100).raw;
    lanes.claimed(first!, 0, came(0));
    expect(take(100).wants).toEqual([[2, 10]]);
  });

  it('are let in by a cap that was lifted', () => {
    const { lanes, take } = sharing(2, 5);
    const [first] = take(100).raw;
    lanes.claimed(first!, 0, came(5));
    for (const key of [1, 2]) lanes.get(key).snapshot = snapshot(10);
    for (let i = 0; i < 5; i++) lanes.returned(first!);
    lanes.heat(2, 0);
    expect(take(100).wants).toEqual([
      [1, 10],
      [2, 10],
    ]);
  });

  it('give everything back after a claim that failed', () => {
    const { lanes, take } = sharing(2, 10);
    const [first] = take(100).raw;
    lanes.notClaimed(first!, 0);
    expect(take(100).wants).toHaveLength(1);
    expect(lanes.get(1).inFlight + lanes.get(2).inFlight).toBe(10);
  });
});

describe('a backlog that is long overdue', () => {
  /** Two lanes, of which the first was seen to hold what is overdue. */
  function afterOutage() {
    const world = setUp([50, 50]);
    world.lanes.heat(1, 0);
    const [taken] = world.take(1).raw;
    world.lanes.claimed(taken!, 0, came(1, { overdue: true }));
    return { ...world, taken: taken! };
  }

  it('starts with a tenth of the slots and doubles each second, and fresh work is not held back', () => {
    const { lanes, take, pass } = afterOutage();
    lanes.heat(2, 0);
    const first = take(100);
    expect(first.wants).toEqual([
      [1, 10],
      [2, 50],
    ]);
    lanes.claimed(first.raw[0]!, 0, came(10, { overdue: true }));
    expect(take(100)).toMatchObject({ wants: [], waitMs: 100 });
    pass(1_000);
    expect(take(100).wants).toEqual([[1, 10]]);
  });

  it('has its lane free again with the first that is not', () => {
    const { lanes, take } = afterOutage();
    const [next] = take(100).raw;
    lanes.claimed(next!, 0, came(10));
    expect(take(100).wants).toEqual([[1, 39]]);
  });

  it('of another day starts anew', () => {
    const { lanes, take, pass } = afterOutage();
    pass(3_600_000);
    const [next] = take(100).raw;
    expect(next!.want).toBe(49);
    lanes.claimed(next!, 0, came(49, { overdue: true }));
    for (let i = 0; i < 49; i++) lanes.returned(next!);
    expect(take(100).wants).toEqual([[1, 10]]);
  });
});

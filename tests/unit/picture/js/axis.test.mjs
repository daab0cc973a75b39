// The axis paced by time leaves out idle time, and nothing else; the one paced by events gives each moment the same room.
import assert from "node:assert/strict";
import { test } from "node:test";
import { eventAxis, momentsOf, stretches, timeAxis } from "../../../../sim/picture/js/axis.js";
import { reduce } from "../../../../sim/picture/js/reducer.js";
import { NAMES, feedOf } from "./recorded.mjs";

const ends = (times) => stretches(times).map(({ start, end }) => [start, end]);
const range = (count, value) => Array.from({ length: count }, (_, index) => value(index));

// Pseudo-random numbers, the same in every run.
function* numbers(seed) {
  for (let state = seed; ; ) yield (state = (state * 1103515245 + 12345) % 2147483648) / 2147483648;
}

test("without times there is no axis", () => assert.deepEqual(stretches([]), []));
test("a single time gets the whole axis", () => assert.deepEqual(stretches([7]), [{ start: 7, end: 7, share: 1 }]));
test("idle half hours are cut out", () => assert.deepEqual(ends([0, 1, 2, 1802, 1803, 5403]), [[0, 2], [1802, 1803], [5403, 5403]]));
test("a day with an event each minute is not cut", () => assert.equal(stretches(range(1440, (minute) => minute * 60)).length, 1));
test("a gap is compared with the axis that remains after longer gaps are cut", () => assert.deepEqual(ends([0, 5, 1805, 1810, 101810, 101815]), [[0, 5], [1805, 1810], [101810, 101815]]));

test("a short stretch with many events gets enough of the axis", () => {
  const [short, long] = stretches([...range(100, (n) => n * .001), 5000, ...range(60, (n) => 5000.5 + n * 10)]);
  assert.ok(short.share > .2 && long.share > .2);
});

test("every time is on the axis, the shares add up to 1, and later times are further right", () => {
  const random = numbers(7);
  for (let round = 0; round < 200; round += 1) {
    const scale = 10 ** (random.next().value * 7), times = [...new Set(range(1 + Math.floor(random.next().value * 60), () => random.next().value * scale))].sort((one, other) => one - other);
    const pieces = stretches(times);
    assert.ok(Math.abs(pieces.reduce((sum, piece) => sum + piece.share, 0) - 1) < 1e-9);
    assert.ok(times.every((time) => pieces.some(({ start, end }) => start <= time && time <= end)));
    for (const axis of [timeAxis(times, 900), eventAxis(times, 900)]) {
      const places = times.map(axis.at);
      assert.ok(places.every((x, index) => x >= 0 && x <= axis.total && (!index || x >= places[index - 1])));
    }
  }
});

test("paced by events, half a second of recovery after two hours has the room of its moments", () => {
  const times = [0, 1, 7200, 7200.1, 7200.2, 7200.3, 7200.5], axis = eventAxis(times, 632);
  assert.deepEqual(times.map((time) => Math.round(axis.at(time))), [16, 116, 216, 316, 416, 516, 616]);
  assert.equal(Math.round(axis.at(3600.5)), 166);
});

for (const name of NAMES) {
  test(`${name}: no tick repeats the label of another one nearby, on either axis, at any width`, () => {
    const moments = momentsOf(reduce(feedOf(name)));
    for (const width of [300, 640, 900, 4000, 20000]) {
      for (const { ticks } of [timeAxis(moments, width), eventAxis(moments, width)]) {
        ticks.forEach(({ label }, index) => assert.notEqual(label, ticks[index + 1]?.label, `${width}: ${label}`));
        const absolute = ticks.map(({ label }) => label).filter((label) => !label.startsWith("+"));
        assert.equal(new Set(absolute).size, absolute.length, `${width}: ${absolute}`);
      }
    }
  });
}

test("a fault that never ended, and a bar that goes on, last until now", () => {
  const state = reduce([{ n: 1, at: 1, kind: "fault", event: "started", fault: "f", family: "openai" }, { n: 2, at: 5, kind: "condition", text: "c" }]);
  assert.deepEqual(momentsOf(state), [1, 5]);
});

const state = (fields) => ({ at: 0, points: [], spans: [], faults: [], conditions: [], steps: [], violations: [], ...fields });

test("an axis shows points, bars, faults, conditions, steps and violations, and nothing of minor interest", () => {
  assert.deepEqual(momentsOf(state({ points: [{ at: 3, tone: "ok" }, { at: 4, tone: "minor" }] })), [3]);
  assert.deepEqual(momentsOf(state({ spans: [{ start: 1, end: 2, tone: "ok" }, { start: 8, end: 9, tone: "minor" }, { start: 5, end: null, tone: "wait" }], at: 7 })), [1, 2, 5, 7]);
  assert.deepEqual(momentsOf(state({ faults: [{ start: 1, end: 6 }] })), [1, 6]);
  for (const list of ["conditions", "steps", "violations"]) assert.deepEqual(momentsOf(state({ [list]: [{ at: 5 }] })), [5]);
});

test("the pieces of an axis paced by time are as wide as their shares, with cuts between them", () => {
  const { places, total, at } = timeAxis([0, 5, 10, 3610, 3615, 3620], 486);
  assert.deepEqual(places.map(({ start, end, x, width }) => [start, end, x, width]), [[0, 10, 16, 200], [3610, 3620, 270, 200]]);
  assert.equal(total, 486);
  assert.deepEqual([at(-5), at(0), at(5), at(10), at(1810), at(3610), at(3620), at(9999)], [16, 16, 116, 216, 243, 270, 470, 474]);
});

test("a moment alone stands in the middle of its piece; without moments an axis has its width", () => {
  const { at, places } = timeAxis([5], 232);
  assert.deepEqual([at(5), places[0].width], [116, 200]);
  assert.deepEqual([timeAxis([], 300).total, timeAxis([], 300).at(7), eventAxis([], 300).total, eventAxis([], 300).at(7), eventAxis([], 300).places], [300, 16, 300, 16, []]);
});

test("ticks: the first of a piece says when it is, the others how much later; as many as there is room for", () => {
  const labels = (moments, width) => timeAxis(moments, width).ticks.map(({ label }) => label);
  assert.deepEqual(labels([0, 4], 432), ["0 s", "1 s", "2 s", "3 s", "4 s"]);
  assert.deepEqual(labels([0, 4, 1804, 1808], 900), ["0 s", "1 s", "2 s", "3 s", "4 s", "30:04", "+1 s", "+2 s", "+3 s", "+4 s"]);
  assert.deepEqual(labels([0, 4], 120), ["0 s"]);
  assert.deepEqual(labels([7], 500), ["7 s"]);
  assert.deepEqual(labels([0, 4, 8, 12], 32 + 96 * 24).slice(-3), ["11 s", "11.5 s", "12 s"]);
  assert.deepEqual(timeAxis([0, 4, 1804], 900).ticks.map(({ isFirst }) => isFirst), [true, false, false, false, false, true]);
});

test("ticks of an axis paced by events say the clock, or how much later where it reads the same", () => {
  const { ticks } = eventAxis([0, 60, 60.3, 60.6, 3600, 7200], 32 + 5 * 96);
  assert.deepEqual(ticks.map(({ label }) => label), ["0 s", "1:00", "+0.3 s", "+0.6 s", "1:00:00", "2:00:00"]);
  assert.deepEqual(ticks.map(({ time }) => time), [0, 60, 60.3, 60.6, 3600, 7200]);
  const crowded = eventAxis(range(500, (index) => index), 900);
  assert.equal(crowded.ticks.length, 9);
  assert.equal(crowded.total, 900);
  assert.equal(eventAxis(range(5000, (index) => index), 900).total, 32 + 4999 * 1.2);
});

test("between two moments an axis paced by events goes on evenly, and a little after the last one", () => {
  const { at, places } = eventAxis([0, 10, 20], 232);
  assert.deepEqual([at(-1), at(0), at(5), at(10), at(20), at(20.5), at(99)], [16, 16, 66, 116, 216, 241, 266]);
  assert.deepEqual(places, [{ start: 0, end: 20, x: 16, width: 200 }]);
});

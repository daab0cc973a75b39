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

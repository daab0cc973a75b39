// Durations, times and counts as text.
import assert from "node:assert/strict";
import { test } from "node:test";
import { capitalized, clockText, countText, durationText, numberText, ordinalText } from "../../../../sim/picture/js/formatting.js";

test("a duration has at most the wanted units", () => {
  const texts = { 0: "0 s", 0.004: "0 s", 0.43: "0.43 s", 9.994: "9.99 s", 10: "10 s", 59.4: "59 s", 60: "1 min", 61: "1 min 1 s", 1800: "30 min", 3599.6: "1 h", 5437: "1 h 31 min", 86400: "1 d", 95000: "1 d 2 h" };
  for (const [seconds, text] of Object.entries(texts)) assert.equal(durationText(Number(seconds)), text);
  assert.equal(durationText(5437, 3), "1 h 30 min 37 s");
  assert.equal(durationText(5437, 1), "2 h");
  assert.equal(durationText(-61), "−1 min 1 s");
  assert.equal(durationText(-0.5), "−0.5 s");
});

test("a moment reads as on a clock", () => {
  const texts = { 0: "0 s", 12.34: "12.3 s", 60: "1:00", 309.9: "5:09", 3600: "1:00:00", 5424: "1:30:24", 86400: "1 d 0:00:00", 93784: "1 d 2:03:04" };
  for (const [seconds, text] of Object.entries(texts)) assert.equal(clockText(Number(seconds)), text);
});

test("counts, numbers in words and ordinals", () => {
  assert.deepEqual([countText(1, "memory", "memories"), countText(2, "memory", "memories"), countText(0, "event"), countText(1200, "event")], ["1 memory", "2 memories", "0 events", "1,200 events"]);
  assert.deepEqual([0, 1, 12, 13, 1300].map(numberText), ["no", "one", "twelve", "13", "1,300"]);
  assert.deepEqual([1, 2, 3, 4, 10, 11, 12, 13, 20, 21, 111, 122].map(ordinalText), ["1st", "2nd", "3rd", "4th", "10th", "11th", "12th", "13th", "20th", "21st", "111th", "122nd"]);
  assert.equal(capitalized("each was"), "Each was");
});

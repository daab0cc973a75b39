// The reducer on feeds of real scenarios, and on small feeds of one rule each.
import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, initial, paidFor, reduce } from "../../../../sim/picture/js/reducer.js";
import { NAMES, feedOf, placesOf } from "./recorded.mjs";

// Python's samples as the reducer keeps them: places that are empty have no count, and the strip begins with a recording.
function samplesOf({ places, samples }) {
  const named = samples.map(([at, ...counts]) => ({ at, counts: Object.fromEntries(places.map((place, index) => [place, counts[index]]).filter(([, count]) => count)) }));
  return named.slice(named.findIndex((each) => Object.keys(each.counts).length));
}

for (const name of NAMES) {
  test(`${name}: after every prefix the counts are those of Python's reducer`, () => {
    const feed = feedOf(name), expected = placesOf(name), samples = samplesOf(expected), state = initial();
    feed.forEach((event, index) => {
      apply(state, event);
      if (feed[index + 1]?.at !== event.at) assert.deepEqual(state.counts, samples.findLast((each) => each.at <= event.at)?.counts ?? {}, `at ${event.at}`);
    });
    assert.equal(state.accepted, expected.accepted);
    assert.deepEqual(state.violations.map((each) => each.text), expected.violations);
    assert.deepEqual(state.series, samples);
  });

  test(`${name}: a state depends on the events alone, not on when one looked`, () => {
    const feed = feedOf(name), watched = initial();
    feed.forEach((event, index) => {
      apply(watched, event);
      if (index % 40 === 0) assert.deepEqual(reduce(feed.slice(0, index + 1)), watched);
    });
    assert.deepEqual(reduce(feed), watched);
  });

  test(`${name}: points and bars are in the order of time, and every bar ends after it starts`, () => {
    const { points, spans } = reduce(feedOf(name));
    for (const list of [points.map((each) => each.at), spans.map((each) => each.start)]) assert.deepEqual(list, list.toSorted((one, other) => one - other));
    for (const each of spans) assert.ok(each.end === null || each.end >= each.start, each.text);
  });
}

test("an outage: three receives, a dead letter, a redrive, one payment for each recording", () => {
  const state = reduce(feedOf("outage-and-redrive"));
  assert.equal(state.accepted, 5);
  assert.deepEqual([state.receives, state.dead_letters, state.redriven, state.paid_twice], [20, 5, 5, 0]);
  assert.deepEqual(state.counts, { complete: 5 });
  for (const subject of state.subjects.values()) {
    assert.equal(subject.status, "complete");
    assert.deepEqual(subject.deliveries.map((each) => [each.number, each.then]), [[1, "visible_again"], [2, "visible_again"], [3, "visible_again"], [1, "deleted"]]);
    assert.deepEqual(subject.deliveries.map((each) => each.outcome), ["batch_item_failures", "batch_item_failures", "batch_item_failures", "success"]);
    assert.equal(paidFor(subject), 1);
  }
  assert.equal(state.openai.calls - state.openai.failed, 10);
  assert.deepEqual(state.faults.map((each) => each.end > each.start && each.times_triggered > 0), [true]);
  assert.equal(state.workers.size, 0);
});

test("a killed worker: its delivery ends when the message is visible again, and the second one completes", () => {
  const state = reduce(feedOf("worker-killed"));
  const [subject] = state.subjects.values();
  assert.deepEqual(subject.deliveries.map((each) => [each.number, each.outcome, each.then]), [[1, "crash", "visible_again"], [2, "success", "deleted"]]);
  assert.equal(subject.deliveries[0].end - subject.deliveries[0].received > 1700, true);
  assert.equal(subject.deliveries[0].calls.length, 1);
});

test("while a message is in flight, its worker and the end of its visibility timeout are known", () => {
  const feed = feedOf("worker-killed"), started = feed.findIndex((event) => event.invocation?.event === "started" && event.invocation.messages.length);
  const state = reduce(feed.slice(0, started + 1));
  const [message] = state.messages.values(), [worker] = state.workers.values();
  assert.equal(message.state, "flight");
  assert.equal(Math.round(message.visible_until - message.since), 1800);
  assert.deepEqual(worker.messages, [message.id]);
  assert.equal(worker.bar.end, null);
});

test("a mutant that acknowledges too early: lost at the very event that deleted the message", () => {
  const feed = feedOf("mutant-that-loses"), deleted = feed.findIndex((event) => event.sqs?.event === "deleted");
  assert.deepEqual(reduce(feed.slice(0, deleted)).violations, []);
  const state = reduce(feed.slice(0, deleted + 2));
  assert.deepEqual(state.counts, { lost: 1 });
  assert.equal(state.violations[0].at, feed[deleted].at);
});

const EVENT = { kind: "event", lane: "SQS", text: "an event", tone: "ok", glyph: "dot", subjects: ["m"] };
const numbered = (events) => events.map((event, index) => ({ n: index + 1, at: index, ...event }));

test("a late event takes its place by its own time", () => {
  const { points, at } = reduce(numbered([EVENT, EVENT, { ...EVENT, at: 0.5 }]));
  assert.deepEqual(points.map((each) => each.n), [1, 3, 2]);
  assert.equal(at, 1);
});

test("reading a dead letter changes nothing; deleting it ends its bar", () => {
  const sqs = (event, queue = "jobs") => ({ ...EVENT, sqs: { event, message: "m-1", queue } });
  const state = reduce(numbered([sqs("sent"), sqs("received"), sqs("dead_lettered", "dead"), sqs("received", "dead"), sqs("visible_again", "dead"), sqs("deleted", "dead")]));
  assert.deepEqual(state.spans.map((each) => [each.style, each.start, each.end]), [["waiting", 0, 1], ["flight", 1, 2], ["dead", 2, 5]]);
  assert.equal(state.receives, 1);
});

test("paid twice counts recordings; a payment whose answer a fault cut off is listed and not counted", () => {
  const pay = (outcome = "answered") => ({ ...EVENT, lane: "OpenAI", openai: { endpoint: "transcription", attempt: 1, seconds: 1, status: 200, outcome, usable: outcome === "answered", billed_seconds: 6 } });
  const once = reduce(numbered([pay("connection_closed"), pay()]));
  assert.deepEqual([once.paid_twice, once.subjects.get("m").payments.length], [0, 2]);
  const twice = reduce(numbered([pay(), pay(), pay()]));
  assert.deepEqual([twice.paid_twice, twice.openai.billed_seconds], [1, 18]);
});

test("places that were derived anew replace the violations", () => {
  const violation = { kind: "lost", subject: "m", at: 0, text: "lost" };
  const places = (fields) => ({ kind: "places", accepted: 1, moves: [], violations: [], ...fields });
  const state = reduce(numbered([places({ moves: [["m", "lost"]], violations: [violation] }), places({ moves: [["m", "complete"]], all_violations: true })]));
  assert.deepEqual([state.violations, state.counts], [[], { complete: 1 }]);
});

test("a command has a beginning and an end; a fault that never ended stays open", () => {
  const command = (event, exit_code) => ({ ...EVENT, lane: "operator", subjects: [], command: { event, name: "dlq redrive", exit_code } });
  const fault = { kind: "fault", event: "started", fault: "OpenAI is down", family: "openai" };
  const state = reduce(numbered([fault, command("started"), command("ended", 0)]));
  assert.deepEqual(state.commands, [{ name: "dlq redrive", start: 1, end: 2, exit_code: 0 }]);
  assert.equal(state.faults[0].end, null);
});

test("events of kinds that this reducer does not know change nothing but the number", () => {
  const state = reduce([{ n: 1, at: 0, kind: "unheard of" }]);
  assert.deepEqual({ ...state, n: 0 }, initial());
});

test("a delayed message is delayed first, and what has no end goes on", () => {
  const sqs = (event, more = {}) => ({ ...EVENT, sqs: { event, message: "m-1", queue: "jobs", ...more } });
  const state = reduce(numbered([sqs("sent", { delay_seconds: 900 }), sqs("delay_ended"), sqs("received", { visibility_seconds: 30 })]));
  assert.deepEqual(state.spans.map((each) => [each.style, each.start, each.end]), [["delayed", 0, 1], ["waiting", 1, 2], ["flight", 2, null]]);
  assert.equal(state.messages.get("m-1").visible_until, 32);
});

test("a reduced feed leads to the same counts", () => {
  const omitted = { kind: "omitted", subject: "m", events: 9, receives: 3, dead_at: [5], redriven_at: [6], calls: 4, failed_calls: 3, billed_seconds: 6, tokens: 90, payments: [[7, 6, "answered"]] };
  const state = reduce(numbered([omitted, { kind: "omitted", lane: "SQS", events: 9 }]));
  assert.deepEqual([state.receives, state.dead_letters, state.redriven, state.openai], [3, 1, 1, { calls: 4, failed: 3, billed_seconds: 6, tokens: 90 }]);
  assert.deepEqual([state.subjects.get("m").isOmitted, paidFor(state.subjects.get("m")), state.omitted.length], [true, 1, 1]);
});

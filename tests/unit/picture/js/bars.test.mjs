// What is drawn between events: bars with their words, tones and styles; and what is counted for each subject.
import assert from "node:assert/strict";
import { test } from "node:test";
import { reduce } from "../../../../sim/picture/js/reducer.js";
import { feedOf } from "./recorded.mjs";

const EVENT = { kind: "event", lane: "SQS", text: "an event", tone: "ok", glyph: "dot", subjects: ["m"] };
const numbered = (events) => events.map((event, index) => ({ n: index + 1, at: index, ...event }));
const sqs = (event, more = {}, at = undefined) => ({ ...EVENT, ...(at === undefined ? {} : { at }), sqs: { event, message: "m-1", queue: "jobs", ...more } });
const invocation = (event, more = {}) => ({ ...EVENT, lane: "Lambda", text: `worker ${event}`, invocation: { event, id: "i", function: "worker", messages: ["m-1"], ...more } });
const bars = (state) => state.spans.map(({ lane, text, tone, style, start, end }) => [lane, text, tone, style, start, end]);

test("the bars of a message say its state and how long it lasted; a later flight is a warning", () => {
  const state = reduce(numbered([sqs("sent"), sqs("received", { receive_count: 1 }), sqs("visible_again"), sqs("received", { receive_count: 2 }), sqs("deleted")]));
  assert.deepEqual(bars(state), [
    ["SQS", "waiting, visible to consumers, 1 s", "wait", "waiting", 0, 1],
    ["SQS", "in flight, invisible to other consumers, 1 s", "minor", "flight", 1, 2],
    ["SQS", "waiting, visible to consumers, 1 s", "wait", "waiting", 2, 3],
    ["SQS", "in flight, invisible to other consumers, 1 s", "warning", "flight", 3, 4],
  ]);
  const message = state.messages.get("m-1");
  assert.deepEqual([message.state, message.since, message.bar, message.visible_until], ["gone", 4, null, null]);
});

test("a dead letter is in the other queue, until it is deleted", () => {
  const events = [sqs("sent"), { ...sqs("dead_lettered", { queue: "dead" }), lane: "DLQ" }];
  const state = reduce(numbered(events));
  assert.deepEqual([state.messages.get("m-1").queue, state.messages.get("m-1").state], ["dead", "dead"]);
  assert.deepEqual(bars(state)[1], ["DLQ", "in the dead-letter queue", "error", "dead", 1, null]);
  assert.equal(reduce(numbered(events.slice(0, 1))).messages.get("m-1").queue, "jobs");
});

test("a change of the visibility timeout moves its end, and ends no delivery", () => {
  const state = reduce(numbered([sqs("sent"), sqs("received", { visibility_seconds: 30 }), sqs("visibility_changed", { visibility_seconds: 900 })]));
  assert.equal(state.messages.get("m-1").visible_until, 902);
  assert.deepEqual([state.deliveries.length, state.deliveries[0].end], [1, null]);
  assert.equal(bars(state).length, 2);
});

test("a bar of an invocation has the words of its end, its duration, and whether it was a cold start", () => {
  const ended = (outcome, more) => reduce(numbered([sqs("sent"), sqs("received"), invocation("started", { cold: true, ...more }), invocation("ended", { outcome, ...more })])).spans.at(-1);
  const { text, tone, style, start, end } = ended("success");
  assert.deepEqual([text, tone, style, start, end], ["worker ended, 1 s, cold start", "ok", "cold", 2, 3]);
  assert.equal(ended("batch_item_failures").tone, "warning");
  assert.equal(ended("crash").tone, "error");
  assert.equal(ended("timeout", { cold: false }).style, "bar");
  assert.equal(ended("timeout", { cold: false }).text, "worker ended, 1 s");
  assert.equal(ended("success", { messages: [] }).tone, "minor");
  assert.equal(ended("error", { messages: [] }).tone, "error");
});

test("while an invocation runs, its bar is open, and it is among the workers", () => {
  const run = (messages) => reduce(numbered([sqs("sent"), sqs("received"), invocation("started", { messages })]));
  assert.deepEqual([...run(["m-1"]).workers.values()].map(({ id, cold, since }) => [id, cold, since]), [["i", false, 2]]);
  assert.equal(run(["m-1"]).spans.at(-1).tone, "warning");
  assert.equal(run([]).spans.at(-1).tone, "minor");
  assert.equal(run(["m-1"]).deliveries[0].started, 2);
});

test("the end of an invocation whose start is not there changes nothing", () => {
  assert.deepEqual(reduce(numbered([invocation("ended", { outcome: "success" })])).spans, []);
});

test("of a batch, the messages that were not returned succeeded", () => {
  const two = (event, more = {}) => ["m-1", "m-2"].map((message) => ({ ...EVENT, sqs: { event, message, queue: "jobs", ...more } }));
  const both = { messages: ["m-1", "m-2"] };
  const state = reduce(numbered([...two("sent"), ...two("received"), invocation("started", both), invocation("ended", { ...both, outcome: "batch_item_failures", failed_messages: ["m-2"] })]));
  assert.deepEqual(state.deliveries.map(({ message, outcome, ended }) => [message, outcome, ended]), [["m-1", "success", 5], ["m-2", "batch_item_failures", 5]]);
});

test("requests are bars: a client's ends with its event, one to OpenAI starts with it; instants are none", () => {
  const request = (seconds) => ({ ...EVENT, at: 5, lane: "API", request: { seconds, status: 202 } });
  const call = (seconds) => ({ ...EVENT, at: 7, lane: "OpenAI", openai: { endpoint: "chat", attempt: 1, seconds, status: 200, outcome: "answered", usable: true, tokens: 40 } });
  const state = reduce(numbered([request(2), call(3), request(0), call(0)]));
  assert.deepEqual(bars(state).map(([lane, , , , start, end]) => [lane, start, end]), [["API", 3, 5], ["OpenAI", 7, 10]]);
  assert.deepEqual(state.openai, { calls: 2, failed: 0, billed_seconds: 0, tokens: 80 });
});

test("a call belongs to the delivery during which it was made", () => {
  const call = { ...EVENT, lane: "OpenAI", text: "chat", openai: { endpoint: "chat", attempt: 1, seconds: 0, status: 503, outcome: "answered", usable: false } };
  const state = reduce(numbered([sqs("sent"), sqs("received", {}, 1), { ...call, at: 1 }, sqs("visible_again", {}, 2), sqs("received", {}, 3), { ...call, at: 4 }, { ...call, at: 1.5 }]));
  assert.deepEqual(state.deliveries.map((each) => each.calls.map(({ at }) => at)), [[1, 1.5], [4]]);
});

test("subjects count their events, problems, calls and bills", () => {
  const call = (usable, billed) => ({ ...EVENT, tone: usable ? "ok" : "warning", lane: "OpenAI", openai: { endpoint: "chat", attempt: 1, seconds: 0, status: 200, outcome: "answered", usable, billed_seconds: billed } });
  const state = reduce(numbered([EVENT, { ...EVENT, tone: "warning" }, { ...EVENT, tone: "error" }, { ...EVENT, tone: "minor" }, call(false), call(true, 6), { ...EVENT, subjects: [] }]));
  const { events, problems, calls, failed_calls, billed_seconds, first } = state.subjects.get("m");
  assert.deepEqual([events, problems, calls, failed_calls, billed_seconds, first], [6, 3, 2, 1, 6, 0]);
});

test("what a subject event leaves out stays as it was", () => {
  const subject = (fields, at) => ({ kind: "subject", id: "m", subject_kind: "memory", at, ...fields });
  const state = reduce(numbered([subject({ title: "standup", status: "queued" }, 1), subject({ status: "failed", reason: "quota" }, 2), subject({ tenant: "acme" }, 3)]));
  const { kind, title, tenant, status, reason, status_since } = state.subjects.get("m");
  assert.deepEqual([kind, title, tenant, status, reason, status_since], ["memory", "standup", "acme", "failed", "quota", 2]);
});

test("commands, faults and steps of the same name end one after another", () => {
  const command = (event, name) => ({ ...EVENT, subjects: [], command: { event, name, exit_code: 0 } });
  const fault = (event, name, times_triggered) => ({ kind: "fault", event, fault: name, family: "openai", times_triggered });
  const step = (line, ended) => ({ kind: "step", name: "When", text: "it fails", line, ended });
  const state = reduce(numbered([command("started", "list"), command("started", "redrive"), command("ended", "list"), command("ended", "none"), fault("started", "a"), fault("started", "b"), fault("ended", "b", 2), fault("started", "b"), step(3), step(4), step(3, true)]));
  assert.deepEqual(state.commands.map(({ name, start, end }) => [name, start, end]), [["list", 0, 2], ["redrive", 1, null]]);
  assert.deepEqual(state.faults.map(({ fault: name, end, times_triggered }) => [name, end, times_triggered]), [["a", null, null], ["b", 6, 2], ["b", null, null]]);
  assert.deepEqual(state.steps.map(({ line, at, end }) => [line, at, end]), [[3, 8, 10], [4, 9, null]]);
});

test("conditions and the last check of the invariants", () => {
  const state = reduce(numbered([{ kind: "condition", text: "all complete" }, { kind: "invariants", results: [{ name: "old" }] }, { kind: "invariants", results: [{ name: "nothing lost" }] }]));
  assert.deepEqual(state.conditions, [{ at: 0, text: "all complete" }]);
  assert.deepEqual(state.invariants, [{ name: "nothing lost" }]);
});

test("moves that change no count add no sample to the strip; a recording that does not count any more is nowhere", () => {
  const places = (moves) => ({ kind: "places", accepted: 2, moves, violations: [] });
  const state = reduce(numbered([places([["a", "queued"], ["b", "in flight"]]), places([["a", "in flight"], ["b", "queued"]]), places([["a", null]])]));
  assert.deepEqual(state.series, [{ at: 0, counts: { queued: 1, "in flight": 1 } }, { at: 2, counts: { queued: 1 } }]);
  assert.deepEqual([[...state.places], state.subjects.get("a").place], [[["b", "queued"]], null]);
});

test("a reduced feed sums up its subjects", () => {
  const omitted = { kind: "omitted", subject: "m", events: 9, receives: 3, dead_at: [], redriven_at: [], calls: 0, failed_calls: 0, billed_seconds: 0, tokens: 0, payments: [] };
  const { events, receives } = reduce(numbered([omitted])).subjects.get("m");
  assert.deepEqual([events, receives], [9, 3]);
});

test("every bar of a real outage has ended, and says how long it lasted", () => {
  const { spans } = reduce(feedOf("outage-and-redrive"));
  assert.deepEqual(spans.filter((each) => each.end === null), []);
  for (const each of spans.filter(({ lane }) => ["SQS", "DLQ", "Lambda"].includes(lane))) assert.match(each.text, /, (.*, )?[0-9.]+ (s|min|h)/);
});

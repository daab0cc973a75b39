// Two sentences that say what happened.
import assert from "node:assert/strict";
import { test } from "node:test";
import { reduce } from "../../../../sim/picture/js/reducer.js";
import { sentencesOf } from "../../../../sim/picture/js/sentences.js";
import { stripSentence } from "../../../../sim/picture/js/strip.js";
import { feedOf } from "./recorded.mjs";

test("an outage with dead letters and a redrive", () => {
  assert.deepEqual(sentencesOf(reduce(feedOf("outage-and-redrive"))), [
    "Five recordings were accepted during the fault “OpenAI answers 503”.",
    "Each was received three times, dead-lettered between 1:30:36 and 1:30:37, redriven, complete at most 0.6 s later, and paid for once.",
  ]);
});

test("a killed worker", () => {
  assert.deepEqual(sentencesOf(reduce(feedOf("worker-killed"))), [
    "One recording was accepted during the fault “the worker is killed during its transcription”.",
    "It was received twice, complete after 30 min, and paid for once.",
  ]);
});

test("a mutant that loses", () => {
  const state = reduce(feedOf("mutant-that-loses"));
  assert.equal(sentencesOf(state)[1], "It was received once and lost.");
  assert.equal(stripSentence(state, "at the end"), "1 recording was accepted (at the end: 1 lost); 1 violation at 10.9 s.");
});

const memory = (id, status, at = 0, more = {}) => ({ at, kind: "subject", id, subject_kind: "memory", status, ...more });
const sqs = (subject, event, at, more = {}) => ({ at, kind: "event", lane: "SQS", text: event, tone: "ok", glyph: "dot", subjects: [subject], sqs: { event, message: "of " + subject, queue: "jobs", ...more } });
const state = (...events) => reduce(events.map((event, index) => ({ n: index + 1, ...event })));

test("recordings with different fates are said in groups, the largest first", () => {
  const events = ["a", "b", "c"].flatMap((id) => [memory(id, "queued"), sqs(id, "sent", 1), sqs(id, "received", 2)]);
  const found = state(...events, memory("a", "failed", 3, { reason: "audio_unreadable" }), memory("b", "complete", 3), memory("c", "complete", 3));
  assert.deepEqual(sentencesOf(found), ["Three recordings were accepted.", "Two were received once and complete; one was received once and failed (audio unreadable)."]);
});

test("what was deleted is called deleted, and what an operator sent again is called sent back", () => {
  const deleted = state(memory("a", "queued"), memory("a", "deleted", 1, { deleted: true }));
  assert.equal(sentencesOf(deleted)[1], "It was deleted by its owner.");
  const sent = state(memory("a", "queued"), sqs("a", "sent", 1), sqs("a", "received", 2), sqs("a", "dead_lettered", 3, { queue: "dead" }), sqs("a", "sent", 9), memory("a", "complete", 10));
  assert.equal(sentencesOf(sent)[1], "It was received once, dead-lettered at 3 s, sent back to the queue, and complete.");
});

test("messages without a memory, and nothing at all", () => {
  const poison = { at: 1, kind: "subject", id: "m", subject_kind: "message", title: "poison: not JSON" };
  assert.deepEqual(sentencesOf(state(poison)), ["One message without a memory came into the queue.", "It was never received."]);
  const dead = [sqs("m", "sent", 1), sqs("m", "received", 2), sqs("m", "dead_lettered", 3, { queue: "dead" })];
  assert.equal(sentencesOf(state(poison, ...dead, { ...poison, status: "dead letter" }))[1], "It was received once and dead-lettered at 3 s.");
  assert.equal(sentencesOf(state(poison, ...dead, { ...poison, status: "deleted" }))[1], "It was received once, dead-lettered at 3 s, and deleted.");
  assert.deepEqual(sentencesOf(state()), []);
});

test("recordings before, after and during a fault", () => {
  const fault = (event, at) => ({ at, kind: "fault", event, fault: "S3 is down", family: "storage" });
  const at = (id, time) => ({ ...memory(id, "queued", time) });
  assert.equal(sentencesOf(state(at("a", 0), fault("started", 1), fault("ended", 2)))[0], "One recording was accepted before the fault “S3 is down”.");
  assert.equal(sentencesOf(state(fault("started", 1), fault("ended", 2), at("a", 3)))[0], "One recording was accepted after the fault “S3 is down”.");
  assert.equal(sentencesOf(state(at("a", 0), fault("started", 1), at("b", 1), fault("ended", 2)))[0], "Two recordings were accepted, one of them during the fault “S3 is down”.");
});

test("the strip says when events are missing", () => {
  const found = state({ at: 0, kind: "places", accepted: 1, moves: [["a", "not known"]], violations: [], missing: ["events of the queue are missing"] });
  assert.ok(stripSentence(found).endsWith("; events are missing, so it is not known whether any was lost or replaced."));
});

test("more than two faults are counted, and more than three fates", () => {
  const fault = (name, at) => ({ at, kind: "fault", event: "started", fault: name, family: "queue" });
  const many = state(fault("a", 0), fault("b", 0), fault("c", 0), memory("m", "queued", 1));
  assert.equal(sentencesOf(many)[0], "One recording was accepted during three faults.");
  const two = state(fault("a", 0), fault("b", 0), memory("m", "queued", 1));
  assert.equal(sentencesOf(two)[0], "One recording was accepted during the faults “a” and “b”.");
  const reasons = ["one", "two", "three", "four", "five"].flatMap((reason, index) => [memory(reason, "failed", 1, { reason }), ...(index < 3 ? [memory(reason + "+", "failed", 1, { reason })] : [])]);
  assert.equal(sentencesOf(state(...reasons))[1], "Two were never received and failed (one); two were never received and failed (two); two were never received and failed (three); the other two had other ways.");
});

test("a recording that has no final status is said to be where it is", () => {
  assert.equal(sentencesOf(state(memory("a", "processing")))[1], "It was never received and still processing.");
  assert.equal(sentencesOf(state(memory("a", "transcript_only")))[1], "It was never received and left with its transcript alone.");
  assert.equal(sentencesOf(state({ ...memory("a", ""), status: undefined }))[1], "It was never received and without a final status.");
});

test("one lost among many of the same status is a fate of its own", () => {
  const places = { at: 2, kind: "places", accepted: 2, moves: [["a", "lost"], ["b", "queued"]], violations: [] };
  assert.equal(sentencesOf(state(memory("a", "queued"), memory("b", "queued"), places))[1], "One was never received and lost; one was never received and still queued.");
});

// The one reducer: events of the feed in, the state of the picture out. What is drawn is derived from this state alone, so
// that report, demo and replay show the same after the same events. docs/reference/picture.md lists events and state.
import { durationText } from "./formatting.js";

const END_EVENTS = new Set(["deleted", "expired", "purged"]);
const STATE_AFTER = { sent: "waiting", redriven: "waiting", visible_again: "waiting", delay_ended: "waiting", received: "flight" };
const STATE_TEXTS = { delayed: "delayed", waiting: "waiting, visible to consumers", flight: "in flight, invisible to other consumers", dead: "in the dead-letter queue" };
const STATE_TONES = { delayed: "wait", waiting: "wait", flight: "minor", dead: "error" };
const OUTCOME_TONES = { success: "ok", batch_item_failures: "warning", error: "error", timeout: "error", crash: "error" };
const SHORTEST_SPAN_SECONDS = 0.0005;
const CUT_OFF = "connection_closed";

export function initial() {
  return {
    n: 0, at: 0, subjects: new Map(), messages: new Map(), workers: new Map(), places: new Map(),
    faults: [], points: [], spans: [], omitted: [], steps: [], conditions: [], deliveries: [], commands: [],
    accepted: 0, counts: {}, series: [], violations: [], missing: [],
    openai: { calls: 0, failed: 0, billed_seconds: 0, tokens: 0 },
    receives: 0, dead_letters: 0, redriven: 0, paid_twice: 0, invariants: [],
  };
}

// Takes the next event; changes the state and returns it. An event may be late: its own time counts.
export function apply(state, event) {
  state.n = event.n;
  state.at = Math.max(state.at, event.at);
  const take = KINDS[event.kind];
  if (take) take(state, event);
  return state;
}

export const reduce = (events, state = initial()) => events.reduce(apply, state);

const KINDS = { event: takeEvent, subject: takeSubject, fault: takeFault, step: takeStep, condition: takeCondition, places: takePlaces, invariants: takeInvariants, omitted: takeOmitted };

// ---- subjects ----
function subjectOf(state, id) {
  if (!state.subjects.has(id)) {
    state.subjects.set(id, {
      id, kind: "message", title: "", tenant: "", status: "", reason: "", deleted: false, place: null, first: state.at,
      events: 0, problems: 0, receives: 0, calls: 0, failed_calls: 0, billed_seconds: 0, payments: [], deliveries: [],
      dead_at: [], redriven_at: [], sent_back_at: [], visible_until: null, worker: null,
    });
  }
  return state.subjects.get(id);
}

function takeSubject(state, event) {
  const subject = subjectOf(state, event.id);
  const { subject_kind: kind = subject.kind, title = subject.title, tenant = subject.tenant, status = subject.status, reason = subject.reason, deleted = subject.deleted } = event;
  if (status !== subject.status) subject.status_since = event.at;
  Object.assign(subject, { kind, title, tenant, status, reason, deleted });
}

// ---- events of a lane ----
function takeEvent(state, event) {
  const { n, at, lane, text, tone, glyph, label = "", subjects } = event;
  insert(state.points, { n, at, lane, text, tone, glyph, label, subjects }, "at");
  for (const id of subjects) {
    const subject = subjectOf(state, id);
    subject.events += 1;
    if (tone === "warning" || tone === "error") subject.problems += 1;
  }
  if (event.sqs) takeMessage(state, event, event.sqs);
  else if (event.invocation) takeInvocation(state, event, event.invocation);
  else if (event.request) takeRequest(state, event, event.request);
  else if (event.openai) takeOpenAI(state, event, event.openai);
  else if (event.command) takeCommand(state, event, event.command);
}

// Sorted by time; an event of the same time comes after those that are there.
function insert(list, item, key) {
  let index = list.length;
  while (index > 0 && list[index - 1][key] > item[key]) index -= 1;
  list.splice(index, 0, item);
}

function span(state, start, end, lane, text, tone, style, subjects) {
  const item = { start, end, lane, text, tone, style, subjects };
  insert(state.spans, item, "start");
  return item;
}

// ---- messages: their state between events is a bar ----
function messageOf(state, id, subjects) {
  if (!state.messages.has(id)) state.messages.set(id, { id, subject: subjects[0] ?? null, queue: "jobs", state: "gone", since: 0, receives: 0, visible_until: null, bar: null, delivery: null });
  return state.messages.get(id);
}

function takeMessage(state, { n, at, subjects, lane }, sqs) {
  const message = messageOf(state, sqs.message, subjects);
  count(state, subjects, sqs, at);
  if (sqs.event === "visibility_changed" && message.state === "flight") {
    message.visible_until = at + (sqs.visibility_seconds || 0);
    return;
  }
  if (message.state === "dead" && !END_EVENTS.has(sqs.event)) return; // an operator's command read the dead letter
  if (sqs.event === "received" && sqs.queue === "dead") return;
  closeDelivery(message, sqs.event, at);
  if (sqs.event === "dead_lettered") enter(state, message, "dead", at, lane, subjects);
  else if (END_EVENTS.has(sqs.event)) leave(message, at);
  else if (STATE_AFTER[sqs.event]) enter(state, message, sqs.event === "sent" && sqs.delay_seconds ? "delayed" : STATE_AFTER[sqs.event], at, lane, subjects);
  if (sqs.event === "received") openDelivery(state, message, subjects, sqs, at, n);
}

function count(state, subjects, sqs, at) {
  const isReceive = sqs.event === "received" && sqs.queue === "jobs";
  if (isReceive) state.receives += 1;
  if (sqs.event === "dead_lettered") state.dead_letters += 1;
  if (sqs.event === "redriven") state.redriven += 1;
  for (const id of subjects) {
    const subject = subjectOf(state, id);
    if (isReceive) subject.receives += 1;
    if (sqs.event === "dead_lettered") subject.dead_at.push(at);
    if (sqs.event === "redriven") subject.redriven_at.push(at);
    if (sqs.event === "sent" && subject.dead_at.length) subject.sent_back_at.push(at);
  }
}

function enter(state, message, name, at, lane, subjects) {
  leave(message, at);
  const tone = name === "flight" && message.receives > 0 ? "warning" : STATE_TONES[name];
  Object.assign(message, { state: name, since: at, queue: name === "dead" ? "dead" : "jobs", visible_until: null });
  message.bar = span(state, at, null, lane, STATE_TEXTS[name], tone, name, subjects);
}

function leave(message, at) {
  if (message.bar) {
    message.bar.end = at;
    message.bar.text += ", " + durationText(at - message.bar.start);
  }
  Object.assign(message, { state: "gone", since: at, bar: null, visible_until: null });
}

// ---- deliveries: what happened between one receive and the next ----
function openDelivery(state, message, subjects, sqs, at, n) {
  message.receives = sqs.receive_count ?? message.receives + 1;
  message.visible_until = at + (sqs.visibility_seconds || 0);
  message.delivery = { n, message: message.id, subject: subjects[0] ?? null, number: message.receives, received: at, started: null, ended: null, outcome: null, cold: false, calls: [], end: null, then: null };
  state.deliveries.push(message.delivery);
  for (const id of subjects) subjectOf(state, id).deliveries.push(message.delivery);
}

function closeDelivery(message, event, at) {
  if (!message.delivery || event === "visibility_changed") return;
  Object.assign(message.delivery, { end: at, then: event });
  message.delivery = null;
}

// ---- invocations ----
function takeInvocation(state, { at, lane, text, tone, subjects }, invocation) {
  const { id, messages = [] } = invocation;
  const deliveries = messages.map((message) => state.messages.get(message)?.delivery).filter(Boolean);
  if (invocation.event === "started") {
    const bar = span(state, at, null, lane, text, messages.length ? "warning" : "minor", invocation.cold ? "cold" : "bar", subjects);
    state.workers.set(id, { id, function: invocation.function, messages, subjects, since: at, cold: Boolean(invocation.cold), bar, deliveries });
    for (const delivery of deliveries) Object.assign(delivery, { started: at, cold: Boolean(invocation.cold) });
  } else if (invocation.event === "ended") {
    const worker = state.workers.get(id);
    if (!worker) return;
    state.workers.delete(id);
    const outcome = invocation.outcome || "";
    worker.bar.end = at;
    worker.bar.text = `${text}, ${durationText(at - worker.since)}${worker.cold ? ", cold start" : ""}`;
    worker.bar.tone = outcome === "success" && !worker.messages.length ? "minor" : OUTCOME_TONES[outcome] || tone;
    const failed = new Set(invocation.failed_messages || []);
    for (const delivery of worker.deliveries) Object.assign(delivery, { ended: at, outcome: outcome === "batch_item_failures" && !failed.has(delivery.message) ? "success" : outcome });
  }
}

// ---- requests of clients, and to OpenAI ----
function takeRequest(state, { at, lane, text, tone, subjects }, request) {
  if (request.seconds > SHORTEST_SPAN_SECONDS) span(state, at - request.seconds, at, lane, text, tone, "bar", subjects);
}

function takeOpenAI(state, { at, lane, text, tone, subjects }, call) {
  const seconds = call.billed_seconds || 0, failed = call.usable ? 0 : 1;
  countCalls(state, subjects.map((id) => subjectOf(state, id)), 1, failed, seconds, call.tokens || 0);
  if (call.seconds > SHORTEST_SPAN_SECONDS) span(state, at, at + call.seconds, lane, text, tone, "bar", subjects);
  for (const id of subjects) {
    const subject = subjectOf(state, id);
    if (call.endpoint === "transcription" && seconds) pay(state, subject, { at, seconds, text, kept: call.outcome !== CUT_OFF });
    const delivery = subject.deliveries.findLast((each) => each.received <= at);
    if (delivery) delivery.calls.push({ at, text, tone });
  }
}

function countCalls(state, subjects, calls, failed, seconds, tokens) {
  const { openai } = state;
  openai.calls += calls;
  openai.failed += failed;
  openai.billed_seconds += seconds;
  openai.tokens += tokens;
  for (const subject of subjects) {
    subject.calls += calls;
    subject.failed_calls += failed;
    subject.billed_seconds += seconds;
  }
}

// A fault that cuts an answer off makes the next payment necessary: such a payment is listed, and counts for nothing.
function pay(state, subject, payment) {
  const wasTwice = paidFor(subject) > 1;
  subject.payments.push(payment);
  if (!wasTwice && paidFor(subject) > 1) state.paid_twice += 1;
}

export const paidFor = (subject) => subject.payments.filter((payment) => payment.kept).length;

function takeCommand(state, { at }, command) {
  if (command.event === "started") state.commands.push({ name: command.name, start: at, end: null, exit_code: null });
  else {
    const running = state.commands.findLast((each) => each.name === command.name && each.end === null);
    if (running) Object.assign(running, { end: at, exit_code: command.exit_code ?? null });
  }
}

// ---- faults, steps, conditions ----
function takeFault(state, event) {
  if (event.event === "started") {
    state.faults.push({ fault: event.fault || "a fault", family: event.family, start: event.at, end: null, times_triggered: null });
    return;
  }
  const active = state.faults.find((each) => each.fault === (event.fault || "a fault") && each.end === null);
  if (active) Object.assign(active, { end: event.at, times_triggered: event.times_triggered ?? 0 });
}

function takeStep(state, event) {
  const { at, name, text, line = null } = event;
  if (event.ended) {
    const open = state.steps.findLast((each) => each.line === line && each.text === text && each.end === null);
    if (open) open.end = at;
  } else state.steps.push({ at, name, text, line, end: null });
}

function takeCondition(state, { at, text }) {
  state.conditions.push({ at, text });
}

// ---- conservation: Python's reducer has derived it; here the moves are counted ----
function takePlaces(state, event) {
  if (event.all_violations) state.violations = [];
  state.accepted = event.accepted;
  state.missing = event.missing || state.missing;
  state.violations.push(...event.violations);
  const counts = { ...state.counts };
  for (const [id, place] of event.moves) {
    const before = state.places.get(id) ?? null;
    if (before !== null && !--counts[before]) delete counts[before];
    if (place !== null) counts[place] = (counts[place] || 0) + 1;
    if (place === null) state.places.delete(id);
    else state.places.set(id, place);
    subjectOf(state, id).place = place;
  }
  if (!sameCounts(counts, state.counts)) insert(state.series, { at: event.at, counts }, "at");
  state.counts = counts;
}

function sameCounts(one, other) {
  const names = Object.keys(one);
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}

// A reduced feed counts some events by lane, and sums up the subjects that they are about.
function takeOmitted(state, event) {
  if (event.lane) {
    state.omitted.push({ at: event.at, lane: event.lane, events: event.events });
    return;
  }
  const subject = subjectOf(state, event.subject);
  Object.assign(subject, { isOmitted: true, dead_at: event.dead_at, redriven_at: event.redriven_at });
  subject.events += event.events;
  subject.receives += event.receives;
  state.receives += event.receives;
  state.dead_letters += event.dead_at.length;
  state.redriven += event.redriven_at.length;
  countCalls(state, [subject], event.calls, event.failed_calls, event.billed_seconds, event.tokens);
  for (const [at, seconds, outcome] of event.payments) pay(state, subject, { at, seconds, text: "transcription", kept: outcome !== CUT_OFF });
}

function takeInvariants(state, event) {
  state.invariants = event.results;
}

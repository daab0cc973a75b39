// Two sentences that say what happened to the recordings: how many were accepted under which faults, and what became of
// them. Recordings with the same fate are said together.
import { capitalized, clockText, durationText, numberText } from "./formatting.js";
import { paidFor } from "./reducer.js";

const MAX_FATES = 3, MAX_FAULTS = 2;

export function sentencesOf(state) {
  const recordings = [...state.subjects.values()].filter((subject) => subject.kind === "memory" && subject.place !== "client's answer");
  const messages = [...state.subjects.values()].filter((subject) => subject.kind === "message");
  if (!recordings.length && !messages.length) return [];
  return [acceptance(state, recordings, messages), fates(state, recordings.length ? recordings : messages)].filter(Boolean);
}

// ---- what was accepted, and under which faults ----
function acceptance(state, recordings, messages) {
  const parts = [];
  if (recordings.length) parts.push(`${numberText(recordings.length)} ${recordings.length === 1 ? "recording was" : "recordings were"} accepted${during(state, recordings)}`);
  if (messages.length) parts.push(`${numberText(messages.length)} ${messages.length === 1 ? "message" : "messages"} without a memory came into the queue`);
  return capitalized(parts.join(", and ")) + ".";
}

function during(state, recordings) {
  if (!state.faults.length) return "";
  const isDuring = (fault, at) => fault.start <= at && at <= (fault.end ?? state.at);
  const inside = recordings.filter((each) => state.faults.some((fault) => isDuring(fault, each.first))).length;
  const names = [...new Set(state.faults.map((fault) => fault.fault))];
  const what = names.length > MAX_FAULTS ? `${numberText(names.length)} faults` : `the ${names.length > 1 ? "faults" : "fault"} ${names.map((name) => `“${name}”`).join(" and ")}`;
  if (!inside) return state.faults.some((fault) => recordings.some((each) => each.first < fault.start)) ? ` before ${what}` : ` after ${what}`;
  if (inside === recordings.length) return ` during ${what}`;
  return `, ${numberText(inside)} of them during ${what}`;
}

// ---- what became of them ----
function fates(state, recordings) {
  if (!recordings.length) return "";
  const groups = new Map();
  for (const each of recordings) {
    const key = fateKey(each);
    groups.set(key, [...(groups.get(key) || []), each]);
  }
  const sorted = [...groups.values()].sort((one, other) => other.length - one.length);
  const shown = sorted.slice(0, MAX_FATES).map((group) => fate(state, group, recordings.length)), rest = sorted.slice(MAX_FATES).flat().length;
  if (rest) shown.push(`the other ${numberText(rest)} had other ways`);
  return capitalized(shown.join("; ")) + ".";
}

const fateKey = (each) => [each.place === "lost", each.status, each.reason, each.dead_at.length, each.redriven_at.length, each.sent_back_at.length > 0, paidFor(each), each.dead_at.length ? before(each) : each.receives].join("|");
const before = (each) => each.deliveries.filter((delivery) => delivery.received <= each.dead_at[0]).length;

function fate(state, group, all) {
  const [first] = group, parts = [];
  const receives = first.dead_at.length ? before(first) : first.receives;
  if (receives || !first.deleted) parts.push(receives ? `received ${times(receives)}` : "never received");
  if (first.dead_at.length) parts.push(`dead-lettered ${moments(group.map((each) => each.dead_at[0]))}`);
  if (first.redriven_at.length) parts.push(first.redriven_at.length === 1 ? "redriven" : `redriven ${times(first.redriven_at.length)}`);
  if (first.sent_back_at.length) parts.push("sent back to the queue");
  parts.push(...ending(state, group));
  if (paidFor(first)) parts.push(`paid for ${times(paidFor(first))}`);
  const subject = all === 1 ? "it was" : group.length === all ? "each was" : `${numberText(group.length)} ${group.length === 1 ? "was" : "were"}`;
  return `${subject} ${listed(parts)}`;
}

function ending(state, group) {
  const [first] = group, status = first.status.replaceAll("_", " ");
  if (first.kind === "message") return status === "deleted" ? ["deleted"] : []; // whether it is a dead letter is said already
  if (first.place === "lost") return ["lost"];
  if (first.deleted) return ["deleted by its owner"];
  const later = delay(state, group);
  if (status === "complete") return [later ? `complete ${later}` : status];
  if (status === "transcript only") return ["left with its transcript alone"];
  if (status === "failed") return [`failed${first.reason ? ` (${first.reason.replaceAll("_", " ")})` : ""}`];
  return [status ? `still ${status}` : "without a final status"];
}

// Counted from the last return to the queue, or else from the acceptance; the longest of the group.
function delay(state, group) {
  if (!state.series.length || group.some((each) => each.status_since === undefined)) return "";
  const returns = (each) => [...each.redriven_at, ...each.sent_back_at];
  const isReturned = returns(group[0]).length > 0;
  const longest = Math.max(...group.map((each) => each.status_since - (isReturned ? Math.max(...returns(each)) : each.first)));
  const text = durationText(Math.round(longest * 10) / 10), most = group.length > 1 ? "at most " : "";
  return isReturned ? `${most}${text} later` : `after ${most}${text}`;
}

const times = (number) => (number === 1 ? "once" : number === 2 ? "twice" : `${numberText(number)} times`);
const listed = (parts) => (parts.length < 3 ? parts.join(" and ") : `${parts.slice(0, -1).join(", ")}, and ${parts.at(-1)}`);

function moments(list) {
  const first = clockText(Math.min(...list)), last = clockText(Math.max(...list));
  return first === last ? `at ${first}` : `between ${first} and ${last}`;
}

// The list beside a timeline: all memories and messages, or the events of the one that is followed. What happened between
// one receive and the next is one group. Each payment is listed when something was paid for twice.
const ENDINGS = { deleted: "deleted after processing", visible_again: "visible again", dead_lettered: "moved to the dead-letter queue", expired: "expired", purged: "purged" };
const OUTCOMES = { success: "succeeded", batch_item_failures: "returned the message", error: "raised an error", timeout: "timed out", crash: "crashed" };
const PAUSE_SECONDS = 10, OPEN_GROUPS = 4;

function allSubjects(board) {
  const { subjects } = board, memories = subjects.filter((subject) => subject.kind === "memory").length, messages = subjects.length - memories;
  const names = [memories && countText(memories, "memory", "memories"), messages && countText(messages, "message")].filter(Boolean).join(" and ");
  const title = make("h4", {}, names ? "Follow one of " + names : "No memory to follow");
  const list = make("ul", { class: "subject-list" }, ...subjects.map((subject) => subjectRow(board, subject)));
  return [title, paidTwice(board), list].filter(Boolean);
}

function subjectRow(board, subject) {
  const button = make("button", { type: "button", "aria-pressed": String(board.followed === subject.id) },
    make("span", { class: "subject" }, make("span", {}, board.nameOf(subject.id)), make("code", {}, subject.id.slice(0, 8))), stateOf(subject));
  button.addEventListener("click", () => board.follow(subject.id, { keep: true }));
  return make("li", {}, button);
}

function stateOf(subject) {
  const details = [];
  if (subject.receives > 1) details.push(countText(subject.receives, "receive"));
  if (subject.calls) details.push(countText(subject.calls, "OpenAI request"));
  if (subject.billed_seconds) details.push(Math.round(subject.billed_seconds * 10) / 10 + "\u00a0s\u00a0billed");
  if (subject.isOmitted) details.push(countText(subject.events, "event") + ", counted only");
  if (subject.place === "lost") return make("span", { class: "state" }, make("b", { class: "failed" }, "lost"), details.length ? " · " + details.join(" · ") : "");
  const status = (subject.status || "no final status").replaceAll("_", " ") + (subject.reason ? `: ${subject.reason.replaceAll("_", " ")}` : "");
  const style = subject.status === "dead letter" ? "dead" : subject.status;
  return make("span", { class: "state" }, make("b", { class: style || null }, status), details.length ? " · " + details.join(" · ") : "");
}

// ---- payments ----
function paidTwice(board) {
  const twice = board.subjects.filter((subject) => paidFor(subject) > 1);
  if (!twice.length) return null;
  return make("section", { class: "payments" }, make("h5", {}, "Paid for more than once"), ...twice.map((subject) => make("div", {}, make("b", {}, board.nameOf(subject.id)), paymentsOf(subject))));
}

function paymentsOf(subject) {
  return make("ol", {}, ...subject.payments.map(({ at, seconds, text, kept }) => make("li", {}, make("time", {}, durationText(at)), ` ${Math.round(seconds * 10) / 10} s of audio, ${text}${kept ? "" : "; a fault cut the answer off, so it had to be paid for again"}`)));
}

// ---- the events of one subject ----
function oneSubject(board) {
  const subject = board.state.subjects.get(board.followed);
  const back = make("button", { type: "button", class: "clear" }, "show all");
  back.addEventListener("click", () => board.follow(null, { keep: true }));
  const title = make("h4", {}, make("span", {}, board.nameOf(subject.id)), back);
  const payments = subject.payments.length > 1 ? make("section", { class: "payments" }, make("h5", {}, "Payments"), paymentsOf(subject)) : null;
  return [title, make("div", { class: "full" }, subject.id), make("div", { class: "one-state" }, stateOf(subject)), payments, eventList(board, subject)].filter(Boolean);
}

function eventList(board, subject) {
  const points = board.state.points.map((point, index) => ({ ...point, index })).filter((point) => point.subjects.includes(subject.id));
  const rows = [];
  let before = null, group = null;
  for (const point of points) {
    const delivery = subject.deliveries.findLast((each) => each.received < point.at || (each.received === point.at && each.n <= point.n));
    const within = delivery && (delivery.end === null || point.at <= delivery.end) ? delivery : null;
    if (before !== null && point.at - before >= PAUSE_SECONDS) (within && group?.delivery === within ? group.list : rows).push(make("li", { class: "pause" }, durationText(point.at - before) + " later"));
    before = point.at;
    if (!within) group = null;
    else if (group?.delivery !== within) {
      group = { delivery: within, list: [] };
      rows.push(group);
    }
    (group ? group.list : rows).push(eventRow(board, point));
  }
  if (!rows.length) rows.push(make("li", { class: "minor" }, make("span", { class: "what" }, `Its events are only counted in the grey bars. All of them: tox -e sim -- events .sim/latest ${subject.id.slice(0, 8)}`)));
  const groups = rows.filter((row) => row.delivery), open = new Set(groups.length > OPEN_GROUPS ? groups.slice(-1) : groups);
  return make("ol", { class: "events", tabindex: "0", "aria-label": "All its events" }, ...rows.map((row) => (row.delivery ? groupRow(row, open.has(row)) : row)));
}

function eventRow(board, { at, lane, tone, text, index }) {
  const row = make("li", { class: tone, "data-point": index }, make("time", {}, durationText(at)), make("span", { class: "where" }, lane), make("span", { class: "what" }, text));
  row.addEventListener("mouseenter", () => board.point(index, true));
  row.addEventListener("mouseleave", () => board.point(index, false));
  return row;
}

// One delivery in one row: received, started, ended, and how.
function groupRow({ delivery, list }, isOpen) {
  const { number, received, started, ended, cold, outcome, calls, end, then } = delivery, later = (at) => "+" + durationText(at - received);
  const parts = [];
  if (started !== null) parts.push(`started ${later(started)}${cold ? " (cold)" : ""}`);
  if (ended !== null) parts.push(`${OUTCOMES[outcome] || "ended"} ${later(ended)}`);
  if (calls.length) parts.push(countText(calls.length, "OpenAI request"));
  parts.push(end === null ? "still in flight" : `${ENDINGS[then] || then} ${later(end)}`);
  const tone = outcome === "success" ? "ok" : ["error", "timeout", "crash"].includes(outcome) ? "error" : outcome ? "warning" : "wait";
  return make("li", { class: "group " + tone }, make("details", { open: isOpen }, make("summary", {}, make("b", {}, `${ordinalText(number)} receive`), ` ${durationText(received)} `, make("span", {}, parts.join(" · "))), make("ol", {}, ...list)));
}

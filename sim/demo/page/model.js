// What the page shows: the picture's state, which events of the feed make, and the state of the demo's server.
import { apply, initial } from "/js/picture/reducer.js";

const NO_CLOCK = { at: 0, playing: false, rate: 1, jumping: null, next_due_in: null, factor: null };

export class Model {
  constructor() {
    this.control = { phase: "starting", progress: [], clock: NO_CLOCK, faults: [], samples: [], actions: [], lessons: [], lesson: null, sabotages: [], sabotage: null, limits: {} };
    this.receivedAt = performance.now();
    this.run = null;
    this.begin();
  }

  // A new run: nothing of the last one stays.
  begin(run = this.run) {
    this.run = run;
    this.picture = initial();
    this.moves = [];
    this.answers = new Map(); // status of a response to a client → how many
    this.isNew = true;
    this.versions = (this.versions ?? 0) + 1;
  }

  // Events that are known already, because a connection was made again, change nothing.
  take(events) {
    for (const event of events) {
      if (event.n <= this.picture.n) continue;
      apply(this.picture, event);
      if (event.kind === "places") this.moves.push(...event.moves);
      if (event.request) this.answers.set(event.request.status ?? "none", (this.answers.get(event.request.status ?? "none") ?? 0) + 1);
    }
    this.versions += 1;
  }

  takeControl(control) {
    this.control = { ...this.control, ...control };
    this.receivedAt = performance.now();
    this.versions += 1;
  }

  // The virtual time in seconds now. Between two messages of the server it passes here, up to the next due event: that
  // one has to happen first.
  now() {
    const { at, playing, rate, jumping, next_due_in: dueIn } = this.control.clock;
    const seconds = (performance.now() - this.receivedAt) / 1000;
    let passed = playing ? seconds * rate : 0;
    if (jumping) passed = (jumping.to - at) * Math.min(1, seconds / (jumping.seconds_left || 1));
    return Math.max(this.picture.at, at + Math.min(passed, dueIn ?? Infinity));
  }

  isPossible(action) {
    return this.control.phase === "ready" && this.control.actions.includes(action);
  }

  // Whether time passes by itself: then rings count down.
  get isTimePassing() {
    return this.control.clock.playing || Boolean(this.control.clock.jumping);
  }
}

const SUM = [
  ["waiting", ["outbox", "queued", "returned"]], ["working", ["in flight"]], ["dead letters", ["dead-lettered"]],
  ["transcript", ["readable"]], ["complete", ["complete"]],
];
const RARE = [["failed", "failed"], ["deleted", "deleted by its owner"], ["not known", "not known"]];

// The sum that must hold at every moment, as terms with a name, a number and its places; and what must be zero.
export function equationOf(picture) {
  const at = (place) => picture.counts[place] || 0;
  const terms = SUM.map(([name, places]) => ({ name, places, count: places.reduce((sum, place) => sum + at(place), 0) }));
  for (const [name, place] of RARE) if (at(place)) terms.push({ name, places: [place], count: at(place) });
  const violated = (kind) => new Set(picture.violations.filter((each) => each.kind === kind).map((each) => each.subject)).size;
  const alarms = [{ name: "lost", count: at("lost") }, { name: "paid twice", count: picture.paid_twice }];
  // Nobody had it for a while: it came back by luck, so it counts.
  const forAWhile = violated("lost") - at("lost");
  if (forAWhile > 0) alarms.splice(1, 0, { name: "lost for a while", count: forAWhile });
  if (violated("replaced")) alarms.splice(1, 0, { name: "replaced", count: violated("replaced") });
  return { accepted: picture.accepted, terms, alarms, isEqual: terms.reduce((sum, term) => sum + term.count, 0) === picture.accepted };
}

export function equationText({ accepted, terms, alarms, isEqual }) {
  const sum = terms.map((term) => `${term.name} ${term.count}`).join(" + ");
  return `Accepted ${accepted} ${isEqual ? "=" : "≠"} ${sum} · ${alarms.map((alarm) => `${alarm.name} ${alarm.count}`).join(" · ")}`;
}

// A message that belongs to no memory, such as poison, has no place of its own: its queue says where it is.
export function placeOfMessage(message, workers) {
  if (message.state === "dead") return "dead-lettered";
  if (message.state === "waiting" || message.state === "delayed") return "queued";
  if (message.state !== "flight") return null;
  return [...workers.values()].some((worker) => worker.messages.includes(message.id)) ? "in flight" : "returned";
}

export const nameOf = (subject) => subject.title || subject.id.slice(0, 6);

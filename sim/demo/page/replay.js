// A recorded run instead of a server: its feed is shown again, to play, pause and scrub. Long pauses are cut short.
import { button, el, find, setAttribute, setText } from "/page/dom.js";
import { clockText } from "/js/picture/formatting.js";

const LONGEST_PAUSE_SECONDS = 1.2, SPEEDS = [0.5, 1, 2, 4];

export class Replay {
  // handlers: run(id), state(control), events(list)
  constructor(recording, handlers) {
    this.recording = recording;
    this.handlers = handlers;
    this.feed = recording.feed;
    this.due = pacedTimes(this.feed);
    this.position = 0;
    this.clock = 0;
    this.speed = 1;
    this.isPlaying = false;
  }

  open() {
    this.build();
    this.restart();
    this.play();
  }

  build() {
    this.button = button("Play", () => this.toggle(), { class: "play primary" });
    this.scrub = el("input", { type: "range", min: 0, max: this.feed.length, value: 0, "aria-label": "Position in the run", on: { input: () => this.seek(Number(this.scrub.value)) } });
    this.time = el("output", { class: "time", "aria-label": "Virtual time since the start" });
    this.speeds = SPEEDS.map((speed) => button(`×${speed}`, () => this.setSpeed(speed), { "aria-pressed": "false" }));
    const step = button("Next event", () => this.step());
    find("#transport").replaceChildren(el("div", { class: "times-of" }, this.time), el("div", { class: "buttons", role: "group", "aria-label": "Replay" }, this.button, step, ...this.speeds), this.scrub);
    this.setSpeed(1);
  }

  restart() {
    this.position = 0;
    this.clock = 0;
    this.handlers.run(this.recording.run ?? "recording");
    this.handlers.state({ ...this.recording.state, phase: "ready", actions: [], lesson: this.lessonAt(0), lessons: this.recording.lessons ?? [], faults: this.recording.state.faults ?? [], clock: { at: 0, playing: false, rate: 1, jumping: null, next_due_in: null, factor: null } });
  }

  // The caption of the step that was reached: the feed's steps are those of the lesson.
  lessonAt(position) {
    const steps = this.feed.filter((event) => event.kind === "step" && !event.ended);
    if (!steps.length) return null;
    const reached = this.feed.slice(0, position).filter((event) => event.kind === "step" && !event.ended).length;
    const step = Math.max(0, reached - 1), isFinished = position >= this.feed.length, given = this.recording.state.lesson;
    const lookAt = (index) => (given?.steps.length === steps.length ? given.steps[index].look_at : null);
    return { id: "recording", title: this.recording.title, step, steps: steps.map((each, index) => ({ caption: each.text, done: index < step || isFinished, look_at: lookAt(index) })), waiting_for: null, finished: isFinished, verdict: isFinished ? given?.verdict ?? null : null, reason: given?.reason ?? null, shown: isFinished ? given?.shown ?? null : null, automatic: true };
  }

  play() {
    if (this.position >= this.feed.length) this.restart();
    this.isPlaying = true;
    this.last = performance.now();
  }

  toggle() {
    if (this.isPlaying) this.isPlaying = false;
    else this.play();
  }

  setSpeed(speed) {
    this.speed = speed;
    for (const each of this.speeds) setAttribute(each, "aria-pressed", String(each.textContent === `×${speed}`));
  }

  step() {
    this.isPlaying = false;
    const at = this.feed[this.position]?.at;
    let to = this.position;
    while (to < this.feed.length && this.feed[to].at === at) to += 1;
    this.advance(to);
  }

  seek(to) {
    if (to < this.position) this.restart();
    this.advance(to);
  }

  advance(to) {
    const reached = this.feed.slice(this.position, to);
    this.position = to;
    this.clock = this.due[Math.max(0, to - 1)] ?? 0;
    if (!reached.length) return;
    this.handlers.events(reached);
    if (reached.some((event) => event.kind === "step") || to === this.feed.length) this.handlers.state({ lesson: this.lessonAt(to) });
  }

  frame(model) {
    if (this.isPlaying) {
      const now = performance.now();
      this.clock += Math.min(.25, (now - this.last) / 1000) * this.speed;
      this.last = now;
      let to = this.position;
      while (to < this.feed.length && this.due[to] <= this.clock) to += 1;
      const clock = this.clock;
      if (to > this.position) { this.advance(to); this.clock = clock; }
      if (this.position >= this.feed.length) this.isPlaying = false;
    }
    setText(this.button, this.isPlaying ? "Pause" : this.position >= this.feed.length ? "Again" : "Play");
    setText(this.time, clockText(model.picture.at));
    if (document.activeElement !== this.scrub || this.isPlaying) this.scrub.value = this.position;
    setAttribute(this.scrub, "aria-valuetext", clockText(model.picture.at));
  }
}

// When each event is due in the replay, in seconds: as in the run, but no pause is longer than a moment.
export function pacedTimes(feed, longest = LONGEST_PAUSE_SECONDS) {
  let due = 0, last = feed[0]?.at ?? 0;
  return feed.map((event) => {
    due += Math.min(longest, Math.max(0, event.at - last));
    last = Math.max(last, event.at);
    return due;
  });
}

// The virtual clock: play and pause, its rate, the next event, half an hour ahead; and how much faster than real time it was.
import { able, button, el, find, setAttribute, setText } from "/page/dom.js";
import { clockText, durationText } from "/js/picture/formatting.js";

const SKIP_SECONDS = 1800, RATES = [1, 60];

export class Clock {
  constructor({ perform }) {
    this.perform = perform;
    this.time = el("output", { class: "time", "aria-label": "Virtual time since the start" }, "0:00");
    this.play = button("Play", () => this.toggle(), { class: "play", "data-focus": "play" });
    this.rates = RATES.map((rate) => button(`×${rate}`, () => this.setRate(rate), { "data-rate": rate, "aria-pressed": "false", title: rate === 1 ? "As fast as real time" : "A minute each second" }));
    this.next = button("Next event", () => this.go("next"), { title: "Move virtual time to the next due event" });
    this.skip = button("+30 min", () => this.go("skip"), { title: "Let half an hour of virtual time pass" });
    this.due = el("span", { class: "due" });
    this.speed = el("p", { class: "speed" });
    find("#transport").replaceChildren(el("div", { class: "times-of" }, this.time, this.due), el("div", { class: "buttons", role: "group", "aria-label": "Time" }, this.play, ...this.rates, this.next, this.skip), this.speed);
  }

  toggle() { return this.perform("clock", { do: this.model.control.clock.playing ? "pause" : "play" }); }
  setRate(rate) { return this.perform("clock", { do: "rate", rate }); }
  go(what) { return this.perform("clock", what === "skip" ? { do: "skip", seconds: SKIP_SECONDS } : { do: "next" }); }

  render(model) {
    this.model = model;
    const { clock } = model.control, isPossible = model.isPossible("clock");
    setText(this.play, clock.playing ? "Pause" : "Play");
    for (const element of this.rates) setAttribute(element, "aria-pressed", String(Number(element.dataset.rate) === clock.rate));
    for (const element of [this.play, ...this.rates, this.next, this.skip]) able(element, isPossible);
    const due = clock.next_due_in === null || clock.next_due_in === undefined ? "" : `next event in ${durationText(Math.max(0, clock.next_due_in), 1)}`;
    setText(this.due, [RATES.includes(clock.rate) ? "" : `×${clock.rate}`, due].filter(Boolean).join(" · "));
    setText(this.speed, clock.jumping?.text ? clock.jumping.text : clock.factor > 1.5 ? `${Math.round(clock.factor).toLocaleString("en")} × faster than real time` : "");
    this.speed.classList.toggle("jumping", Boolean(clock.jumping));
  }

  frame(model) {
    setText(this.time, clockText(Math.floor(model.now() * 10) / 10));
  }
}

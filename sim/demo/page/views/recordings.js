// The list of recordings, and one recording as its owner and its operator see it.
import { button, el, find, keyed, redraw, setAttribute, setText } from "/page/dom.js";
import { nameOf } from "/page/model.js";
import { clockText, countText, durationText } from "/js/picture/formatting.js";

const SHOWN_EVENTS = 120, SHOWN_ROWS = 300, ASK_AGAIN_MILLISECONDS = 2000;

export class Recordings {
  // load(id) → what the API says of the memory, null where it has none, undefined without an answer; audio(id) → an address to listen to, or null
  constructor({ perform, ask, choose, load, audio }) {
    Object.assign(this, { perform, ask, choose, load, audio });
    this.filter = null;
    this.chosen = null;
    this.list = el("ul", { class: "recording-list" });
    this.empty = el("p", { class: "empty" }, "Nothing is recorded yet. Take a sample, drop an audio file on the page, or record with your microphone.");
    this.heading = el("div", { class: "list-head" });
    this.detail = el("div", { class: "detail", hidden: true });
    this.element = el("div", { class: "recordings" }, this.heading, this.empty, this.list, this.detail);
  }

  begin() {
    this.pick(null);
    this.filter = null;
  }

  showPlaces(term) {
    this.filter = term;
    this.choose(null);
  }

  pick(id) {
    if (this.address) URL.revokeObjectURL(this.address);
    Object.assign(this, { chosen: id, memory: undefined, asked: null, letter: undefined, address: null, player: null });
    delete this.detail.dataset.key;
  }

  // The keyboard goes on where the eyes do: at the top of what was opened, or at the row that was left.
  goOn(left) {
    const name = this.chosen === null ? "row-" + left : "back";
    find(`[data-focus="${CSS.escape(name)}"]`, this.element)?.focus();
  }

  render(model) {
    this.model = model;
    const subject = model.picture.subjects.get(this.chosen);
    this.detail.hidden = !subject;
    this.list.hidden = Boolean(subject);
    this.heading.hidden = Boolean(subject);
    if (subject) this.renderDetail(subject, model);
    else this.renderList(model.picture);
  }

  renderList(picture) {
    const all = [...picture.subjects.values()].filter((subject) => subject.kind === "memory" || subject.receives);
    const shown = (this.filter ? all.filter((subject) => this.filter.places.includes(subject.place)) : all).slice(-SHOWN_ROWS).reverse();
    this.empty.hidden = all.length > 0;
    redraw(this.heading, `${this.filter?.name}|${this.filter ? shown.length : all.length}`, () => this.filter
      ? [el("span", {}, `${this.filter.name}: ${shown.length}`), button("Show all", () => { this.filter = null; this.render(this.model); }, { "data-focus": "show-all" })]
      : [el("span", {}, all.length > SHOWN_ROWS ? `${countText(all.length, "recording")}, the newest ${SHOWN_ROWS}` : all.length ? countText(all.length, "recording") : "")]);
    keyed(this.list, shown, (subject) => subject.id, (subject) => this.row(subject), (element, subject) => this.update(element, subject));
  }

  row(subject) {
    return el("li", {}, el("button", { type: "button", "data-focus": "row-" + subject.id, on: { click: () => this.choose(subject.id) } },
      el("i", { class: "swatch place" }), el("span", { class: "row-name" }), el("span", { class: "row-place" })));
  }

  update(element, subject) {
    setAttribute(find("i", element), "class", "swatch place " + classOf(subject.place));
    setText(find(".row-name", element), nameOf(subject));
    setText(find(".row-place", element), stateText(subject));
  }

  renderDetail(subject, model) {
    const version = [subject.status, subject.place, subject.deleted, model.picture.openai.calls].join("|");
    if (this.asked !== version) { this.asked = version; this.fetch(subject.id); }
    const key = [subject.id, subject.title, subject.place, subject.status, subject.reason, subject.receives, subject.events, Boolean(this.memory) && this.memoryKey, this.letter?.body, this.address, subject.deleted, model.isPossible("redrive")].join("|");
    redraw(this.detail, key, () => this.parts(subject, model));
  }

  async fetch(id) {
    const memory = await this.load(id);
    if (id !== this.chosen) return;
    if (memory === undefined) { setTimeout(() => { this.asked = null; }, ASK_AGAIN_MILLISECONDS); return; }
    this.memory = memory;
    this.memoryKey = memory && [memory.status, memory.transcript, memory.analysis?.title, memory.updated_at].join("|");
    this.render(this.model);
  }

  parts(subject, model) {
    const { memory } = this, isMemory = subject.kind === "memory";
    return [
      button("‹ All recordings", () => this.choose(null), { class: "back", "data-focus": "back" }),
      el("h3", {}, memory?.analysis?.title ?? nameOf(subject)),
      el("p", { class: "where" }, el("i", { class: "swatch place " + classOf(subject.place) }), stateText(subject)),
      isMemory ? this.listen(subject) : null,
      memory?.transcript ? el("blockquote", {}, memory.transcript) : isMemory ? el("p", { class: "pending" }, subject.deleted ? "Its owner has deleted it." : "No transcript yet.") : null,
      memory?.analysis ? this.analysis(memory.analysis) : null,
      memory?.failure ? el("p", { class: "failure" }, `${memory.failure.reason}${memory.failure.detail ? ": " + memory.failure.detail : ""}`) : null,
      memory ? el("p", { class: "numbers" }, `${countText(memory.attempts, "attempt")} · ${countText(memory.openai_calls, "call")} to OpenAI · ${durationText(memory.billed_seconds)} of audio paid for`) : null,
      this.letterParts(subject, model),
      isMemory && !subject.deleted && model.isPossible("delete_memory") ? button("Delete", () => this.perform("delete_memory", { memory: subject.id }), { class: "quiet", "data-focus": "delete" }) : null,
      this.events(subject, model.picture),
    ];
  }

  listen(subject) {
    if (this.address) return this.player ??= el("audio", { controls: true, src: this.address, "aria-label": "The recording" }); // one that is drawn anew would begin anew
    return subject.deleted || this.model.isReplay ? null : button("Hear it", async () => { this.address = await this.audio(subject.id); this.render(this.model); find("audio", this.detail)?.play().catch(() => {}); }, { "data-focus": "hear", class: "hear" });
  }

  analysis({ summary, topics, people, mood }) {
    const list = (name, items) => items?.length ? [el("dt", {}, name), el("dd", {}, items.join(", "))] : [];
    return el("div", { class: "analysis" }, el("p", {}, summary), el("dl", {}, ...list("Topics", topics), ...list("Names", people), ...(mood ? [el("dt", {}, "Mood"), el("dd", {}, mood)] : [])));
  }

  letterParts(subject, model) {
    const dead = [...model.picture.messages.values()].find((message) => message.subject === subject.id && message.state === "dead");
    if (!dead) return null;
    const look = button("Look into the dead letter", async () => { this.letter = await this.ask("letter", { message: dead.id }) ?? undefined; this.render(this.model); }, { "data-focus": "look" });
    const redrive = button("Redrive this one", () => this.perform("redrive", { message: dead.id }), { "data-focus": "redrive-one", title: "As the operator: move this dead letter alone back to the queue", disabled: !model.isPossible("redrive") });
    const { letter } = this;
    return el("div", { class: "letter" }, el("div", { class: "buttons" }, look, redrive), letter ? [
      letter.reason ? el("p", {}, letter.reason) : null,
      el("pre", { tabindex: "0", "data-focus": "letter-body", "aria-label": "Body of the message" }, typeof letter.body === "string" ? letter.body : JSON.stringify(letter.body, null, 2)),
      el("dl", {}, ...Object.entries(letter.attributes ?? {}).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, typeof value === "object" ? JSON.stringify(value) : String(value))])),
    ] : null);
  }

  events(subject, picture) {
    const points = picture.points.filter((point) => point.subjects.includes(subject.id) && point.tone !== "minor").slice(-SHOWN_EVENTS);
    return el("ol", { class: "events", "aria-label": "What happened to it" }, ...points.map(({ at, lane, text, tone }) => el("li", { class: tone }, el("time", {}, clockText(at)), el("span", { class: "lane-of" }, lane), el("span", {}, text))));
  }
}

export const classOf = (place) => (place ?? "not known").replace(/[^a-z]+/g, "-");

function stateText(subject) {
  if (subject.deleted) return "deleted by its owner";
  const place = subject.place ?? (subject.kind === "memory" ? subject.status || "not known" : "a message, not a job");
  const reason = subject.reason ? `, ${subject.reason.replaceAll("_", " ")}` : "";
  return `${place}${reason}${subject.receives ? `, received ${countText(subject.receives, "time")}` : ""}`;
}

// Lessons and sabotage: the list of each, and the caption of the step that a lesson is at.
import { able, button, el, find, redraw, withCode } from "/page/dom.js";

export class Lessons {
  constructor({ perform }) {
    this.perform = perform;
    this.caption = find("#lesson");
    this.list = el("ol", { class: "lesson-list" });
    this.element = el("div", { class: "lessons" }, el("p", { class: "intro" }, "Each lesson breaks one thing, and ends with the invariants checked. Or do as you like: record, break, watch."), this.list);
  }

  render(model) {
    this.model = model;
    const { lessons, lesson } = model.control, isPossible = model.isPossible("lesson");
    redraw(this.list, JSON.stringify([lessons, lesson?.id, isPossible]), () => lessons.filter((each) => model.isReplay || !each.sabotage).map((each) => this.row(each, lesson, isPossible)));
    this.caption.hidden = !lesson;
    const key = lesson && `${model.run}|${lesson.id}|${lesson.step}|${lesson.waiting_for}`;
    if (this.asked !== key) this.asked = null;
    if (lesson) redraw(this.caption, JSON.stringify([lesson, model.isPossible("lesson_next"), model.isPossible("lesson_automatic"), this.asked]), () => this.parts(lesson, model, key));
  }

  row(each, lesson, isPossible) {
    const isCurrent = lesson?.id === each.id;
    const title = each.href ? el("a", { class: "lesson-title", href: each.href }, each.title) : button(each.title, () => this.perform("lesson", { id: each.id }), { class: "lesson-title", disabled: !isPossible, "data-focus": "lesson-" + each.id, "aria-current": isCurrent ? "true" : null });
    return el("li", { class: isCurrent ? "current" : null }, title, each.minutes ? el("span", { class: "minutes" }, `${each.minutes} min`) : null, each.sabotage ? el("span", { class: "turns" }, "with a bug in the product") : null, el("p", {}, each.about));
  }

  // A second click, before the first one has shown an effect, would be for a step that nobody has read.
  async next(key) {
    this.asked = key;
    this.render(this.model);
    if (!await this.perform("lesson_next")) this.asked = null;
  }

  parts(lesson, model, key) {
    const { steps, step } = lesson, now = steps[Math.min(step, steps.length - 1)];
    const isLast = lesson.finished;
    const isStepped = !isLast && (model.isPossible("lesson_next") || model.isPossible("lesson_automatic") || !lesson.automatic);
    const dots = el("ol", { class: "steps", "aria-label": `Step ${Math.min(step + 1, steps.length)} of ${steps.length}` }, ...steps.map((each, index) => el("li", { class: each.done ? "done" : index === step ? "now" : null })));
    const waiting = { you: "It waits for you.", "the pipeline": "It waits for the pipeline." }[lesson.waiting_for];
    const verdict = lesson.finished && lesson.verdict ? el("p", { class: "verdict " + lesson.verdict }, verdictText(lesson)) : null;
    const shown = lesson.shown ? el("p", { class: "shown" }, lesson.shown) : null;
    return [el("div", { class: "lesson-head" }, el("h2", {}, lesson.title), dots),
      el("div", { class: "lesson-text", "aria-live": "polite" }, el("p", { class: "caption-text" }, ...withCode(now?.caption ?? "")), now?.look_at && !lesson.finished ? el("p", { class: "look-at" }, ...withCode(now.look_at)) : null, verdict, shown, waiting && !lesson.automatic ? el("p", { class: "waiting" }, waiting) : null),
      model.isReplay ? null : el("div", { class: "buttons" },
        !isStepped ? null : button(lesson.automatic ? "Step by step" : "By itself", () => this.perform("lesson_automatic", { automatic: !lesson.automatic }), { class: "quiet", "data-focus": "automatic", disabled: !model.isPossible("lesson_automatic") }),
        !isStepped ? null : button("Next", () => this.next(key), { class: "primary", "data-focus": "lesson-next", disabled: this.asked === key || !model.isPossible("lesson_next") }),
        button(isLast ? "Close" : "Leave the lesson", () => this.perform("lesson", { id: null }), { class: isLast ? "primary" : "quiet", "data-focus": "lesson-end" }))];
  }
}

// What the invariants said. A lesson about a bug ends as it must when they fail.
function verdictText({ verdict, reason, shown }) {
  if (verdict === "passed" && reason) return `✓ ${reason}`;
  const isFound = verdict === "failed" && shown;
  return `${isFound ? "The invariants found the bug" : `Invariants: ${verdict}`}${reason ? `. ${reason}` : ""}`;
}

export class Sabotage {
  constructor({ perform }) {
    this.perform = perform;
    this.list = el("ul", { class: "sabotage-list" });
    this.element = el("div", { class: "sabotages" }, el("p", { class: "intro" }, "Green is believed because red was seen. Put a known bug into the product, then do the same again: the strip turns red at the event that causes the damage. The pipeline restarts."), this.list);
  }

  render(model) {
    const { sabotages, sabotage } = model.control, isPossible = model.isPossible("sabotage");
    redraw(this.list, JSON.stringify([sabotages, sabotage, isPossible, model.isPossible("lesson")]), () => sabotages.map((each) => {
      const isOn = each.id === sabotage, name = "sabotage-" + each.id;
      const toggle = el("button", { type: "button", class: "switch", role: "switch", "aria-checked": String(isOn), "aria-labelledby": name, "data-focus": name, disabled: !isPossible, on: { click: () => this.perform("sabotage", { id: isOn ? null : each.id }) } }, el("span", { class: "knob", "aria-hidden": "true" }));
      return el("li", { class: isOn ? "active" : null }, toggle, el("div", {}, el("b", { id: name }, each.title), el("span", { class: "turns" }, `turns red: ${each.turns_red}`), el("p", {}, each.about),
        each.lesson ? button("Show it", () => this.perform("lesson", { id: each.lesson }), { "data-focus": "show-" + each.id, "aria-label": `Show it: ${each.title}`, disabled: !model.isPossible("lesson") }) : null));
    }));
  }

  // The banner that says that a bug is in.
  banner({ sabotages, sabotage, actions }, isReplay) {
    const bug = sabotages.find((each) => each.id === sabotage);
    if (!bug) return null;
    if (isReplay) return [el("b", {}, "Sabotaged: "), bug.title];
    const remove = button("Take it out", () => this.perform("sabotage", { id: null }), { "data-focus": "take-out" });
    able(remove, actions.includes("sabotage"));
    return [el("b", {}, "Sabotaged: "), bug.title, " ", remove];
  }
}

// Check now: each invariant with its verdict and its numbers. What was clicked can be saved as a scenario, or shared.
import { able, button, el, keyed, redraw, setAttribute, setText } from "/page/dom.js";

const SIGNS = { passed: "✓", failed: "✗", inconclusive: "?" };

export class Checks {
  constructor({ perform, link }) {
    this.perform = perform;
    this.check = button("Check now", () => this.run(), { class: "primary", "data-focus": "check" });
    this.summary = el("p", { class: "check-summary" });
    this.list = el("ul", { class: "invariants" });
    this.save = el("a", { class: "button", download: "test_saved_demo.py", href: link("/scenario.py") }, "Save as a scenario");
    this.share = el("a", { class: "button", download: "rawk-replay.html", href: link("/share.html") }, "Share as one file");
    this.element = el("div", { class: "checks" },
      el("p", {}, "The same invariants that every scenario is checked against, on what is here now."), this.check, this.summary, this.list,
      this.keep = el("div", { class: "keep" }, el("h3", {}, "Keep it"), el("p", {}, "What you clicked, as a scenario that runs in CI; or the whole run as one HTML file that opens offline."), el("div", { class: "buttons" }, this.save, this.share)));
  }

  async run() {
    this.isRunning = true;
    setAttribute(this.check, "aria-busy", "true");
    await this.perform("check");
    this.isRunning = false;
    setAttribute(this.check, "aria-busy", null);
  }

  render(model) {
    const results = model.picture.invariants;
    able(this.check, model.isPossible("check"));
    const failed = results.filter((result) => result.verdict === "failed").length, passed = results.filter((result) => result.verdict === "passed").length;
    setText(this.summary, results.length ? `${passed} of ${results.length} passed${failed ? `, ${failed} failed` : ""}` : "");
    this.summary.classList.toggle("wrong", failed > 0);
    keyed(this.list, results, (result) => result.name, () => el("li"), (element, result) => {
      element.className = result.verdict;
      redraw(element, JSON.stringify(result), () => [el("span", { class: "sign", "aria-hidden": "true" }, SIGNS[result.verdict] ?? "?"), el("div", {}, el("b", {}, result.name.replaceAll("_", " ")), el("span", { class: "sr" }, ` ${result.verdict}. `),
        el("p", {}, (result.verdict === "passed" && result.about) || result.text), numbers(result.numbers))]);
    });
  }
}

function numbers(values) {
  const entries = Object.entries(values ?? {});
  return entries.length ? el("dl", { class: "inline" }, ...entries.flatMap(([name, value]) => [el("dt", {}, name.replaceAll("_", " ")), el("dd", {}, String(value))])) : null;
}

// What the page says: notices that go by themselves, banners that stay, the cover while there is no pipeline to show, and a line for screen readers.
import { button, el, find, focusAgain, keyed, redraw, setText } from "/page/dom.js";
import { nameOf } from "/page/model.js";
import { clockText } from "/js/picture/formatting.js";

const NOTICE_MILLISECONDS = 9000, MOST_NOTICES = 3, SPOKEN_MILLISECONDS = 1500, SHOWN_LINES = 5;

export class Notices {
  constructor({ bugBanner }) {
    this.bugBanner = bugBanner;
    this.list = find("#notices");
    this.spokenAt = -Infinity;
  }

  say(text, tone = "error") {
    const notice = el("p", { class: "notice " + tone }, text, button("×", () => notice.remove(), { "aria-label": "Dismiss" }));
    while (this.list.children.length >= MOST_NOTICES) this.list.firstChild.remove();
    this.list.append(notice);
    setTimeout(() => notice.remove(), NOTICE_MILLISECONDS);
  }

  render(model, connection) {
    this.renderBanners(model, connection);
    this.renderCover(model, connection);
    this.renderLog(model);
  }

  renderBanners(model, { status, seconds }) {
    const { control } = model;
    const bug = this.bugBanner(control, model.isReplay), isLost = status === "lost" && model.run !== null;
    redraw(find("#banners"), JSON.stringify([control.sabotage, control.actions.includes("sabotage"), isLost && Math.round(seconds)]), () => [
      isLost ? el("p", { class: "banner lost", role: "alert" }, el("b", {}, "Connection lost. "), "The page tries again by itself. If the terminal has ended, start it again: ", el("code", {}, "tox -e demo")) : null,
      bug ? el("p", { class: "banner sabotaged" }, ...bug) : null,
    ]);
    document.body.classList.toggle("sabotaged", Boolean(bug));
  }

  renderCover(model, { status, token }) {
    const cover = find("#cover"), { phase, progress = [], error } = model.control;
    const screen = model.isReplay ? null : status === "refused" ? this.refused(token) : model.run === null && status === "lost" ? this.away() : phase === "failed" ? this.failed(error) : phase === "starting" || phase === "restarting" || model.run === null ? this.starting(phase, progress) : null;
    document.body.dataset.phase = screen ? screen.name : "ready";
    if (screen && cover.hidden) this.held = document.activeElement;
    cover.hidden = !screen;
    for (const element of document.querySelectorAll("main, .top, #lesson")) element.inert = Boolean(screen);
    if (!screen && this.held) { focusAgain(this.held, find("main")); this.held = null; }
    if (screen) redraw(cover, screen.name + screen.key, () => el("div", { class: "cover-card" }, screen.parts));
  }

  starting(phase, progress) {
    const isAgain = phase === "restarting";
    return { name: phase, key: progress.join("|"), parts: [el("h2", {}, isAgain ? "The pipeline restarts" : "The pipeline starts"), el("p", {}, "The real API, the real worker, S3, SQS and Lambda emulated, a real Postgres."),
      el("ol", { class: "progress" }, ...progress.map((text, index) => el("li", { class: index === progress.length - 1 ? "now" : "done" }, text))), el("div", { class: "bar", "aria-hidden": "true" }, el("span"))] };
  }

  failed(error) {
    return { name: "failed", key: error, parts: [el("h2", {}, "The pipeline could not start"), el("pre", { tabindex: "0" }, error || "The terminal says why."), el("p", {}, "End the demo in its terminal with Ctrl-C, and start it again: ", el("code", {}, "tox -e demo"))] };
  }

  refused(token) {
    const parts = token ? [el("h2", {}, "This page is from an earlier run"), el("p", {}, "Each start of the demo has an address of its own. Open the one that its terminal shows now.")] : [el("h2", {}, "The address is not complete"), el("p", {}, "Open the whole address that the terminal shows; its last part lets you in.")];
    return { name: "refused", key: String(Boolean(token)), parts: [...parts, el("pre", {}, "tox -e demo")] };
  }

  away() {
    return { name: "away", key: "", parts: [el("h2", {}, "The demo does not answer"), el("p", {}, "The page tries again by itself. If the terminal has ended, start it again:"), el("pre", {}, "tox -e demo")] };
  }

  // The newest events as text: for the eyes a few lines, for screen readers one line at most every other second.
  renderLog(model) {
    const { points, subjects } = model.picture, lines = [];
    for (let index = points.length - 1; index >= 0 && lines.length < SHOWN_LINES; index -= 1) if (points[index].tone !== "minor") lines.push(points[index]);
    const named = (point) => point.subjects.length ? point.subjects.slice(0, 2).map((id) => subjects.get(id)).filter(Boolean).map(nameOf).join(", ") : "";
    keyed(find("#log"), lines, (point) => point.n, (point) => el("li", { class: point.tone }, el("time", {}, clockText(point.at)), el("span", { class: "lane-of" }, point.lane), el("span", { class: "text" }, point.text), el("span", { class: "of" }, named(point))), () => {});
    this.speak(lines[0], named);
  }

  speak(newest, named) {
    if (!newest || newest.n === this.spoken) return;
    const wait = this.spokenAt + SPOKEN_MILLISECONDS - performance.now();
    clearTimeout(this.later);
    if (wait > 0) { this.later = setTimeout(() => this.speak(newest, named), wait); return; }
    this.spoken = newest.n;
    this.spokenAt = performance.now();
    setText(find("#live"), `${newest.lane}: ${newest.text}${newest.subjects.length ? ", " + named(newest) : ""}`);
  }
}

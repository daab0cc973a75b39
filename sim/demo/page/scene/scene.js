// The pipeline: its parts as cards, the ways between them, and the recordings as dots over both.
import { able, button, el, find, isReduced, redraw, setAttribute, setText, svg } from "/page/dom.js";
import { Dots } from "/page/scene/dots.js";
import { countText, durationText } from "/js/picture/formatting.js";

const PLACES = ["client's answer", "outbox", "queued", "returned", "in flight", "dead-lettered", "readable", "complete", "failed", "lost", "not known"];
const FAMILY_OF = { clients: "app", api: "api", storage: "s3", queue: "sqs", worker: "workers", openai: "openai", database: "postgres", network: "postgres", permissions: "s3" };
const NODE_OF_LANE = { client: "app", API: "api", SQS: "sqs", Lambda: "workers", OpenAI: "openai", S3: "s3", Postgres: "postgres", DLQ: "dead", operator: "dead" };
const WAYS = [["app", "api"], ["api", "s3"], ["api", "sqs"], ["api", "postgres"], ["sqs", "workers"], ["workers", "openai"], ["workers", "postgres"], ["sqs", "dead", "both"]];
const PULSE_MILLISECONDS = 140;

export class Scene {
  constructor({ perform, choose, breakFamily, capture }) {
    this.perform = perform;
    this.choose = choose;
    this.breakFamily = breakFamily;
    this.element = find("#scene");
    this.ways = svg("svg", { class: "ways", "aria-hidden": "true" });
    this.canvas = el("canvas", { class: "dots", "aria-hidden": "true" });
    this.slots = Object.fromEntries(PLACES.map((place) => [place, el("div", { class: "slot", "data-place": place })]));
    this.captions = {};
    this.nodes = this.build(capture);
    this.element.replaceChildren(this.ways, ...Object.values(this.nodes), this.canvas);
    this.colours = {};
    this.dots = new Dots(this.canvas, this.slots, this.colours);
    this.pulsed = {};
    this.seen = 0;
    this.listen();
  }

  build(capture) {
    const { slots } = this;
    const act = (label, name, title) => button(label, () => this.perform(name), { title, "data-action": name });
    return {
      app: this.node("app", "App", capture.elements(), slots["client's answer"]),
      api: this.node("api", "API", act("Kill", "kill_api", "SIGKILL to the API; it is back 3 s later"), this.answers = el("dl", { class: "answers", "aria-label": "Answers to clients, by status" })),
      s3: this.node("s3", "S3", null),
      sqs: this.node("sqs", "SQS", act("Poison", "poison", "Send a message that no worker can understand"), this.shelf("waiting", slots.queued), this.shelf("returned, not visible yet", slots.returned)),
      workers: this.node("workers", "Workers", act("Kill", "kill_worker", "SIGKILL to the workers that run"), slots["in flight"]),
      openai: this.node("openai", "OpenAI", null, this.figures = el("dl", { class: "figures" })),
      dead: this.node("dead", "Dead letters", [act("Redrive all", "redrive", "As the operator: move every dead letter back to the queue"), act("Purge poison", "purge_poison", "As the operator: delete the messages that are no jobs; recordings stay")], slots["dead-lettered"]),
      postgres: this.node("postgres", "Postgres", act("Restart", "restart_postgres", "Restart the database"), el("div", { class: "shelves" },
        this.shelf("outbox", slots.outbox), this.shelf("transcript", slots.readable), this.shelf("complete", slots.complete), this.shelf("failed", slots.failed))),
      lost: this.node("lost", "Lost", null, slots.lost, this.shelf("not known", slots["not known"])),
    };
  }

  node(name, title, controls, ...slots) {
    const caption = this.captions[name] = el("p", { class: "caption" });
    const badge = el("button", { type: "button", class: "badge", hidden: true, title: "Show what is broken", on: { click: () => this.breakFamily(name) } });
    const element = el("div", { class: "node " + name, "data-node": name, role: "group", "aria-label": title },
      el("span", { class: "pulse", "aria-hidden": "true" }),
      el("div", { class: "node-head" }, el("h3", {}, title), badge, ...[controls].flat()), caption, ...slots);
    return Object.assign(element, { badge });
  }

  shelf(name, slot) {
    return el("div", { class: "shelf", "data-shelf": name }, el("span", { class: "shelf-name" }, name), slot);
  }

  listen() {
    const over = (event) => {
      const box = this.element.getBoundingClientRect();
      return this.dots.near(event.clientX - box.left, event.clientY - box.top);
    };
    this.element.addEventListener("pointermove", (event) => this.hover(over(event), event));
    this.element.addEventListener("pointerleave", () => this.hover(null));
    this.element.addEventListener("click", (event) => {
      const dot = event.target.closest("button, input, select, a") ? null : over(event);
      if (dot) this.choose(dot.id);
    });
    const observer = new ResizeObserver(() => { this.isLayoutNew = true; });
    for (const element of [this.element, ...Object.values(this.nodes)]) observer.observe(element);
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) matchMedia(query).addEventListener("change", () => { this.isLayoutNew = true; });
  }

  hover(dot, event) {
    this.dots.hovered = dot?.id ?? null;
    this.dots.isDirty ||= this.tipped !== this.dots.hovered;
    this.tipped = this.dots.hovered;
    this.element.classList.toggle("over-dot", Boolean(dot));
    const tip = find("#tip");
    tip.hidden = !dot;
    if (!dot) return;
    setText(tip, this.tipOf(dot));
    tip.style.transform = `translate(${Math.max(8, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8))}px, ${Math.max(8, event.clientY + 18 + tip.offsetHeight > innerHeight ? event.clientY - tip.offsetHeight - 8 : event.clientY + 18)}px)`;
  }

  tipOf(dot) {
    const left = dot.until === null ? 0 : dot.until - this.model.now();
    const ring = left > 0 ? `, visible again in ${durationText(left)}` : "";
    return `${dot.name}: ${dot.isPoison ? "no job" : dot.place}${dot.receives ? `, received ${countText(dot.receives, "time")}` : ""}${ring}`;
  }

  select(id) {
    this.dots.selected = id;
    this.dots.isDirty = true;
  }

  // Colours come from the style sheet, so that forced colours and the dark scheme reach the canvas.
  readColours() {
    const style = getComputedStyle(this.element), read = (name) => style.getPropertyValue(name).trim();
    const place = (name) => read("--place-" + name);
    Object.assign(this.colours, {
      ink: read("--ink"), card: read("--card"), line: read("--line"), error: read("--error"), warning: read("--ring"), ok: read("--ok"), wait: read("--wait"),
      isForced: matchMedia("(forced-colors: active)").matches,
      places: {
        "client's answer": place("neutral"), outbox: place("queued"), queued: place("queued"), returned: place("returned"), "in flight": place("in-flight"), "dead-lettered": place("failed"),
        readable: place("complete"), complete: place("complete"), failed: place("failed"), lost: place("lost"), "not known": place("neutral"),
      },
      on: { "client's answer": read("--ink"), queued: read("--on-light"), returned: read("--on-light"), complete: read("--on-strong"), "in flight": read("--on-strong"), "dead-lettered": read("--on-dead"), failed: read("--on-dead"), lost: read("--on-strong"), error: read("--on-strong") },
    });
  }

  render(model) {
    this.model = model;
    const { picture, control } = model;
    this.showRare(picture);
    if (this.isLayoutNew) this.layout();
    this.dots.take(model, { isNew: model.isNew });
    this.renderCaptions(picture, control);
    this.renderOpenAI(picture.openai, model.isReplay ? null : control.cost);
    const answers = [...model.answers].sort();
    redraw(this.answers, answers.join("|"), () => answers.map(([status, count]) => el("div", { class: status < 400 ? "good" : "bad" }, el("dt", {}, String(status)), el("dd", {}, `× ${count}`))));
    this.renderBadges(control);
    for (const element of this.element.querySelectorAll("[data-action]")) able(element, model.isPossible(element.dataset.action));
    this.showPurge(picture, model.isPossible("purge_poison"));
    this.pulse(picture, model.isNew);
  }

  // Only where there is poison: messages that are no recordings.
  showPurge(picture, isPossible) {
    const purge = find("[data-action=purge_poison]", this.nodes.dead), isThere = isPossible && hasDeadPoison(picture);
    if (purge.hidden === isThere && !(purge === document.activeElement && !isThere)) { purge.hidden = !isThere; this.isLayoutNew = true; }
  }

  showRare(picture) {
    const isUnknown = Boolean(picture.counts["not known"]), isLost = Boolean(picture.counts.lost || isUnknown);
    const shelf = find("[data-shelf]", this.nodes.lost);
    if (shelf.hidden !== !isUnknown) { shelf.hidden = !isUnknown; this.isLayoutNew = true; }
    setText(find("h3", this.nodes.lost), picture.counts.lost || !isUnknown ? "Lost" : "Not known");
    if (this.nodes.lost.hidden !== !isLost) { this.nodes.lost.hidden = !isLost; this.element.classList.toggle("has-lost", isLost); this.isLayoutNew = true; }
  }

  renderCaptions(picture, control) {
    const { limits } = control;
    const running = [...picture.workers.values()].filter((worker) => worker.messages.length).length;
    const texts = {
      app: control.openai === "real" ? "real OpenAI" : "",
      api: control.actions.includes("start_api") ? "down" : "",
      s3: "audio",
      sqs: limits.visibility_timeout_seconds ? `visibility timeout ${durationText(limits.visibility_timeout_seconds)} · at most ${countText(limits.max_receive_count, "receive")}` : "",
      workers: `${running} running, ${countText(picture.receives, "receive")}`,
      dead: [control.alarm ? "alarm is on" : "", picture.redriven ? `${picture.redriven} redriven` : ""].filter(Boolean).join(" · "),
      postgres: "", lost: "",
    };
    for (const [name, text] of Object.entries(texts)) if (setText(this.captions[name], text)) this.isLayoutNew = true;
    this.nodes.dead.classList.toggle("alarmed", Boolean(control.alarm));
    this.nodes.api.classList.toggle("down", control.actions.includes("start_api"));
  }

  renderOpenAI({ calls, failed, billed_seconds: seconds, tokens }, cost) {
    const rows = [["calls", calls.toLocaleString("en")], ["failed", failed.toLocaleString("en")], ["audio paid", durationText(seconds)], ["tokens", tokens.toLocaleString("en")]];
    if (cost) rows.push(costOf(cost));
    redraw(this.figures, rows.join("|"), () => rows.map(([name, value, title]) => el("div", { title }, el("dt", {}, name), el("dd", {}, value))));
  }

  renderBadges(control) {
    const active = new Map();
    for (const fault of control.faults) if (fault.active) active.set(FAMILY_OF[fault.family] ?? "sqs", [...(active.get(FAMILY_OF[fault.family] ?? "sqs") ?? []), fault]);
    for (const [name, element] of Object.entries(this.nodes)) {
      const faults = active.get(name) ?? [];
      element.classList.toggle("faulty", faults.length > 0);
      if (element.badge.hidden !== !faults.length) { element.badge.hidden = !faults.length; this.isLayoutNew = true; }
      if (faults.length) this.badgeOf(element.badge, faults);
    }
  }

  badgeOf(badge, faults) {
    const times = faults.reduce((sum, fault) => sum + (fault.times_triggered || 0), 0), names = faults.map((fault) => fault.name).join(", ");
    setText(badge, `${faults[0].name}${faults.length > 1 ? ` and ${faults.length - 1} more` : ""} · ${times}×`);
    setAttribute(badge, "aria-label", `${names}, triggered ${countText(times, "time")}. Show what is broken`);
  }

  layout() {
    this.isLayoutNew = false;
    this.readColours();
    const box = this.element.getBoundingClientRect();
    this.dots.measure(box, this.nodes);
    this.drawWays(box);
  }

  drawWays(box) {
    setAttribute(this.ways, "viewBox", `0 0 ${box.width} ${box.height}`);
    const marker = svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" }, svg("path", { d: "M0 .5 7.5 4 0 7.5", class: "arrow" }));
    const lines = WAYS.map(([from, to, both]) => {
      const [one, other] = [this.dots.nodes[from], this.dots.nodes[to]];
      return one.width && other.width ? svg("path", { d: way(one, other), class: "way", "marker-end": "url(#arrow)", "marker-start": both && "url(#arrow)" }) : null;
    });
    this.ways.replaceChildren(svg("defs", {}, marker), ...lines.filter(Boolean));
  }

  // A card lights up shortly when something happens in it.
  pulse(picture, isNew) {
    const { points } = picture;
    if (isNew || isReduced()) { this.seen = picture.n; return; }
    const now = performance.now();
    for (let index = points.length - 1; index >= 0 && points.length - index < 60; index -= 1) {
      const { n, lane, tone } = points[index], node = this.nodes[NODE_OF_LANE[lane]];
      if (n <= this.seen || !node || now - (this.pulsed[lane] || 0) < PULSE_MILLISECONDS) continue;
      this.pulsed[lane] = now;
      const pulse = find(".pulse", node);
      pulse.dataset.tone = tone;
      pulse.animate([{ opacity: .85 }, { opacity: 0 }], { duration: 700, easing: "ease-out" });
    }
    this.seen = picture.n;
  }

  frame(time, model) {
    if (this.isLayoutNew) this.layout();
    this.dots.frame(time, model);
  }
}

// An estimate: what OpenAI's list asked for at a date. Without a price there is no number.
function costOf({ dollars, date, sources, unknown }) {
  if (dollars === null) return ["cost", "not known", `No list price of ${unknown.join(", ")}`];
  const models = Object.entries(sources).map(([name, source]) => `${name} (${source})`).join(", ");
  return [`at list price of ${date.replaceAll("-", "\u2011")}`, `≈ $${dollars.toFixed(dollars < .1 ? 4 : 2)}`, `An estimate by the prices of ${models}`];
}

const hasDeadPoison = ({ messages, subjects }) => [...messages.values()].some((message) => message.state === "dead" && subjects.get(message.subject)?.kind === "message");

// From the border of one card to the border of the other: straight where they face each other, else with one bend.
function way(one, other) {
  const overlapY = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  if (overlapY > 12) {
    const y = Math.max(one.y, other.y) + overlapY / 2;
    return one.x < other.x ? `M${one.x + one.width} ${y}L${other.x - 2} ${y}` : `M${one.x} ${y}L${other.x + other.width + 2} ${y}`;
  }
  const overlapX = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  if (overlapX > 12) {
    const x = Math.max(one.x, other.x) + overlapX / 2;
    return one.y < other.y ? `M${x} ${one.y + one.height + 1}L${x} ${other.y - 2}` : `M${x} ${one.y}L${x} ${other.y + other.height + 2}`;
  }
  const x = one.x < other.x ? one.x + one.width : one.x, y = one.y + one.height / 2;
  const toX = one.x < other.x ? other.x : other.x + other.width, toY = other.y + other.height / 2;
  return `M${x} ${y}C${(x + toX) / 2} ${y} ${(x + toX) / 2} ${toY} ${toX} ${toY}`;
}


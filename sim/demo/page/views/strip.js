// The strip of places over the page: a stacked area whose top is the number accepted. Each change gets the same width, so
// that a recovery of half a second after two hours is seen.
import { setAttribute, svg } from "/page/dom.js";
import { clockText } from "/js/picture/formatting.js";

const ORDER = ["complete", "readable", "failed", "deleted by its owner", "dead-lettered", "returned", "in flight", "queued", "outbox", "not known", "lost"];
const TEXTURES = { readable: "stripes", "dead-lettered": "stripes", outbox: "stripes", "deleted by its owner": "stripes", "not known": "dots" };
const HEIGHT = 58, AXIS = 16, TICK_ROOM = 74, REDRAW_MILLISECONDS = 180, FEWEST_SAMPLES = 24;
const classOf = (place) => place.replace(/[^a-z]+/g, "-");

export class Strip {
  constructor(element) {
    this.element = element;
    this.svg = svg("svg", { role: "img", height: HEIGHT + AXIS, width: "100%", preserveAspectRatio: "none" });
    this.svg.append(patterns(), this.layer = svg("g"));
    element.replaceChildren(this.svg);
    this.drawnAt = 0;
    new ResizeObserver(() => { this.width = element.clientWidth; this.key = null; if (this.model) this.render(this.model); }).observe(element);
  }

  render(model) {
    this.model = model;
    const { series, violations, faults, accepted } = model.picture, now = performance.now();
    const key = [model.run, series.length, violations.length, faults.length, faults.filter((fault) => fault.end !== null).length, this.width].join();
    if (key === this.key || !this.width) return;
    if (now - this.drawnAt < REDRAW_MILLISECONDS && !model.isNew) {
      clearTimeout(this.later);
      this.later = setTimeout(() => this.render(this.model), REDRAW_MILLISECONDS);
      return;
    }
    Object.assign(this, { key, drawnAt: now });
    this.draw(model.picture);
    setAttribute(this.svg, "aria-label", `Strip of places: ${accepted} accepted, ${violations.length} violations`);
  }

  draw(picture) {
    const axis = this.axis(picture.series);
    const most = Math.max(4, picture.accepted, ...axis.samples.map(({ counts }) => total(counts)));
    setAttribute(this.svg, "viewBox", `0 0 ${this.width} ${HEIGHT + AXIS}`);
    this.layer.replaceChildren(...this.faultBands(picture.faults, axis), ...areas(axis, most), svg("line", { class: "base", x1: 0, x2: this.width, y1: HEIGHT, y2: HEIGHT }), ...this.ticks(axis), ...this.violationMarks(picture.violations, axis));
  }

  // Samples share the width; where there are more than pixels, some are left out, never the last.
  axis(series) {
    const step = Math.max(1, Math.ceil(series.length / Math.max(1, this.width)));
    const samples = step === 1 ? series : series.filter((_, index) => index % step === 0 || index === series.length - 1);
    const width = this.width / Math.max(FEWEST_SAMPLES, samples.length + 1);
    const index = (time) => { let low = 0, high = samples.length; while (low < high) { const middle = (low + high) >> 1; if (samples[middle].at <= time) low = middle + 1; else high = middle; } return low; };
    return { samples, width, end: samples.length * width, at: (time) => Math.max(0, index(time) - (samples[index(time) - 1]?.at === time ? 1 : 0)) * width };
  }

  faultBands(faults, axis) {
    return faults.map(({ fault, start, end }) => {
      const from = axis.at(start), to = end === null ? axis.end + axis.width : axis.at(end);
      return svg("rect", { class: "fault-band", x: from, y: 0, width: Math.max(2, to - from), height: HEIGHT, fill: "url(#strip-fault)" }, svg("title", {}, fault));
    });
  }

  ticks(axis) {
    const marks = [];
    let last = -TICK_ROOM, text = "";
    axis.samples.forEach(({ at }, index) => {
      const x = index * axis.width, label = clockText(Math.floor(at));
      if (x - last < TICK_ROOM || label === text || x > this.width - 50) return;
      last = x;
      text = label;
      marks.push(svg("line", { class: "tick", x1: x, x2: x, y1: HEIGHT, y2: HEIGHT + 4 }), svg("text", { class: "tick-text", x: x + 3, y: HEIGHT + 13 }, label));
    });
    return marks;
  }

  violationMarks(violations, axis) {
    return violations.map(({ at, text }) => {
      const x = axis.at(at);
      return svg("g", { class: "violation" }, svg("title", {}, text), svg("line", { x1: x, x2: x, y1: 0, y2: HEIGHT }), svg("path", { d: `M${x - 6} 0L${x + 6} 0L${x} 9Z` }));
    });
  }
}

const total = (counts) => ORDER.reduce((sum, place) => sum + (counts[place] || 0), 0);

function areas({ samples, width }, most) {
  const below = samples.map(() => 0), height = (count) => HEIGHT - (HEIGHT - 6) * count / most;
  return ORDER.map((place) => {
    if (!samples.some(({ counts }) => counts[place])) return null;
    let there = "", back = "";
    samples.forEach(({ counts }, index) => {
      const low = height(below[index]), from = index * width, to = from + width;
      below[index] += counts[place] || 0;
      const high = height(below[index]);
      there += `${there ? "L" : "M"}${from.toFixed(1)} ${high.toFixed(1)}L${to.toFixed(1)} ${high.toFixed(1)}`;
      back = `L${to.toFixed(1)} ${low.toFixed(1)}L${from.toFixed(1)} ${low.toFixed(1)}${back}`;
    });
    return svg("path", { d: `${there}${back}Z`, fill: `url(#strip-${classOf(place)})`, "data-place": place }, svg("title", {}, place));
  }).filter(Boolean);
}

function patterns() {
  const texture = { stripes: () => svg("path", { class: "stripes", d: "M-1 1L1 -1M-1 7L7 -1M5 7L7 5" }), dots: () => svg("circle", { class: "texture-dots", cx: 3, cy: 3, r: 1.7 }) };
  const square = { width: 6, height: 6, patternUnits: "userSpaceOnUse" };
  return svg("defs", {}, ...ORDER.map((place) => svg("pattern", { id: "strip-" + classOf(place), class: "place " + classOf(place), ...square }, svg("rect", { width: 6, height: 6 }), texture[TEXTURES[place]]?.())),
    svg("pattern", { id: "strip-fault", ...square, width: 7, height: 7, patternTransform: "rotate(45)" }, svg("line", { class: "hatching", x1: 0, y1: 0, x2: 0, y2: 7 })));
}

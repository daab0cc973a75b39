// The strip of places over the page. Each change has the same width, so that a recovery of half a second after two hours
// is seen.
import { setAttribute, svg } from "/page/dom.js";
import { clockText } from "/js/picture/formatting.js";
import { Strip as Areas, stripSentence } from "/js/picture/strip.js";

const HEIGHT = 54, TOP = 6, AXIS = 16, TICK_ROOM = 74, REDRAW_MILLISECONDS = 180, FEWEST_SAMPLES = 24, FEWEST_ACCEPTED = 4;

export class Strip {
  constructor(element) {
    this.element = element;
    this.svg = svg("svg", { role: "img", height: TOP + HEIGHT + AXIS, width: "100%" });
    element.replaceChildren(this.svg);
    this.drawnAt = 0;
    new ResizeObserver(() => { this.width = element.clientWidth; this.key = null; if (this.model) this.render(this.model); }).observe(element);
  }

  render(model) {
    this.model = model;
    const { series, violations, faults } = model.picture, now = performance.now();
    const key = [model.run, series.length, violations.length, faults.length, faults.filter((fault) => fault.end !== null).length, this.width].join();
    if (key === this.key || !this.width) return;
    if (now - this.drawnAt < REDRAW_MILLISECONDS && !model.isNew) {
      clearTimeout(this.later);
      this.later = setTimeout(() => this.render(this.model), REDRAW_MILLISECONDS);
      return;
    }
    Object.assign(this, { key, drawnAt: now });
    this.draw(model.picture);
  }

  draw(picture) {
    const axis = axisOf(picture.series, this.width);
    const areas = new Areas({ ...picture, series: axis.samples, accepted: Math.max(FEWEST_ACCEPTED, picture.accepted) }, "strip", HEIGHT);
    setAttribute(this.svg, "viewBox", `0 0 ${this.width} ${TOP + HEIGHT + AXIS}`);
    setAttribute(this.svg, "aria-label", stripSentence(picture));
    const hint = picture.series.length ? null : svg("text", { class: "hint", x: 2, y: TOP + HEIGHT - 14 }, this.width < 620 ? "Take a sample to begin." : "Take a sample, or choose a lesson. Every accepted recording then has its place here.");
    this.svg.replaceChildren(...(hint ? [hint] : []), svg("defs", {}, svg("pattern", { id: "strip-fault", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" }, svg("line", { class: "hatching", x1: 0, y1: 0, x2: 0, y2: 7 }))),
      ...faultBands(picture.faults, axis), ...areas.marks(axis, TOP), svg("line", { class: "base", x1: 0, x2: this.width, y1: TOP + HEIGHT, y2: TOP + HEIGHT }), ...ticks(axis, this.width));
  }
}

// Samples share the width; where there are more than pixels, some are left out, never the last. What happened at the time
// of a sample stands at its begin.
function axisOf(series, room) {
  const step = Math.max(1, Math.ceil(series.length / Math.max(1, room)));
  const samples = step === 1 ? series : series.filter((_, index) => index % step === 0 || index === series.length - 1);
  const width = room / Math.max(FEWEST_SAMPLES, samples.length + 1);
  const positions = new Map(samples.map((sample, index) => [sample.at, index * width]));
  const later = (time) => { let low = 0, high = samples.length; while (low < high) { const middle = (low + high) >> 1; if (samples[middle].at <= time) low = middle + 1; else high = middle; } return low; };
  return { samples, places: [{ x: 0, width: samples.length * width }], at: (time) => positions.get(time) ?? later(time) * width };
}

function faultBands(faults, axis) {
  const { width } = axis.places[0];
  return faults.map(({ fault, start, end }) => {
    const from = axis.at(start), to = end === null ? width + 16 : axis.at(end);
    return svg("rect", { class: "fault-band", x: from, y: 0, width: Math.max(2, to - from), height: TOP + HEIGHT, fill: "url(#strip-fault)" }, svg("title", {}, fault));
  });
}

function ticks(axis, width) {
  const marks = [];
  let last = -TICK_ROOM, before = "";
  for (const { at } of axis.samples) {
    const x = axis.at(at), label = clockText(Math.floor(at));
    if (x - last < TICK_ROOM || label === before || x > width - 50) continue;
    last = x;
    before = label;
    marks.push(svg("line", { class: "tick", x1: x, x2: x, y1: TOP + HEIGHT, y2: TOP + HEIGHT + 4 }), svg("text", { class: "tick-text", x: x + 3, y: TOP + HEIGHT + 13 }, label));
  }
  return marks;
}

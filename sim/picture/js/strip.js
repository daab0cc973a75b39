// The strip: how many recordings were in each place over time. A place has a colour and a texture, so that hue alone
// distinguishes no two places. What the strip shows stands above it as text, too, for screen readers.
import { draw, make } from "./dom.js";
import { countText } from "./formatting.js";

// From the bottom of the strip to its top; the names of sim/conservation/places.py.
export const PLACES = ["complete", "readable", "failed", "deleted by its owner", "dead-lettered", "returned", "in flight", "queued", "outbox", "not known", "lost", "client's answer"];
const TEXTURES = { readable: "stripes", "dead-lettered": "stripes", outbox: "stripes", "deleted by its owner": "stripes", "client's answer": "dots", "not known": "dots" };
const MAX_VIOLATIONS = 5, MAX_TIMES = 3;
export const STRIP_HEIGHT = 56;
export const classOf = (place) => place.replace(/[^a-z]+/g, "-");

// What the strip shows, as one sentence for readers who do not see it.
export function stripSentence({ accepted, counts, violations, missing }, when = "now") {
  const places = PLACES.filter((place) => counts[place]).map((place) => `${counts[place].toLocaleString("en")} ${place}`);
  const end = places.length ? ` (${when}: ${places.join(", ")})` : "";
  const begin = `${countText(accepted, "recording was", "recordings were")} accepted${end}`;
  if (violations.length) {
    const times = [...new Set(violations.map((each) => Math.round(each.at * 10) / 10))].sort((one, other) => one - other);
    const more = times.length > MAX_TIMES ? ` and ${times.length - MAX_TIMES} more times` : "";
    return `${begin}; ${countText(violations.length, "violation")} at ${times.slice(0, MAX_TIMES).map((each) => each + " s").join(", ")}${more}.`;
  }
  if (missing.length) return `${begin}; events are missing, so it is not known whether any was lost or replaced.`;
  return `${begin}; none was lost, replaced or paid for twice.`;
}

export class Strip {
  // `prefix` makes the ids of the patterns unique on the page.
  constructor(state, prefix, height = STRIP_HEIGHT) {
    this.state = state;
    this.prefix = prefix;
    this.height = height;
    this.samples = state.series;
    this.present = PLACES.filter((place) => this.samples.some(({ counts }) => counts[place]));
    this.most = Math.max(...this.samples.map(({ counts }) => Object.values(counts).reduce((sum, count) => sum + count, 0)), state.accepted, 1);
  }

  // The sentence about the strip, its violations, and the names of the places that occur, from the top of the strip down.
  legend(when) {
    const { violations } = this.state;
    const shown = violations.slice(0, MAX_VIOLATIONS).map(({ text }) => make("li", {}, text));
    if (violations.length > shown.length) shown.push(make("li", {}, `and ${violations.length - shown.length} more, in summary.json`));
    const keys = [...this.present].reverse().map((place) => make("li", { class: "key" }, this.swatch(place), place));
    return make("div", { class: "places" }, make("p", { class: "sentence" }, stripSentence(this.state, when)),
      shown.length ? make("ul", { class: "violations", "aria-label": "Violations of conservation" }, ...shown) : null,
      make("ul", { class: "legend", "aria-label": "Places of recordings" }, ...keys));
  }

  swatch(place) {
    return draw("svg", { width: 14, height: 14, "aria-hidden": "true" }, draw("rect", { class: "outline", x: 1, y: 1, width: 12, height: 12, fill: this.fillOf(place) }));
  }

  fillOf(place) {
    return `url(#${this.prefix}-${classOf(place)})`;
  }

  // The fills of the places, once for each page or drawing.
  patterns() {
    return draw("defs", {}, ...this.present.map((place) => draw("pattern", { id: `${this.prefix}-${classOf(place)}`, class: "place " + classOf(place), width: 6, height: 6, patternUnits: "userSpaceOnUse" },
      draw("rect", { width: 6, height: 6 }), textureOf(place))));
  }

  // How many were accepted, beside that height of the strip.
  names(top) {
    const { accepted } = this.state;
    const y = top + this.height * (1 - accepted / this.most);
    return [draw("text", { class: "lane-name accepted", x: 10, y: y + 9 }, accepted.toLocaleString("en")),
      draw("text", { class: "accepted-unit", x: 10, y: y + 20 }, "accepted"),
      draw("text", { class: "lane-name", x: 10, y: Math.max(top + this.height - 4, y + 36) }, "places")];
  }

  // Counts stay the same until the next sample. `axis` is one of axis.js.
  marks(axis, top) {
    const bottom = top + this.height, end = Math.max(axis.at(this.state.at), ...axis.places.map((place) => place.x + place.width));
    const from = this.samples.map(({ at }) => axis.at(at)), heightOf = (count) => bottom - this.height * count / this.most;
    const to = (number) => (number + 1 < from.length ? from[number + 1] : end);
    const below = this.samples.map(() => 0);
    const areas = this.present.map((place) => {
      let there = "", back = "";
      this.samples.forEach(({ counts }, number) => {
        const low = heightOf(below[number]);
        below[number] += counts[place] || 0;
        const high = heightOf(below[number]);
        there += `${there ? "L" : "M"}${from[number]} ${high}L${to(number)} ${high}`;
        back = `L${to(number)} ${low}L${from[number]} ${low}` + back;
      });
      return draw("path", { class: "place-area", fill: this.fillOf(place), d: there + back + "Z", "data-place": place });
    });
    return [this.patterns(), draw("g", { class: "places-strip" }, ...areas), ...this.violationMarks(axis, top)];
  }

  violationMarks(axis, top) {
    return this.state.violations.map(({ at, text }) => {
      const x = axis.at(at), line = { x1: x, x2: x, y1: top - 2, y2: top + this.height };
      return draw("g", { class: "violation" }, draw("title", {}, text), draw("line", { class: "halo", ...line }), draw("line", line),
        draw("path", { d: `M${x - 6} ${top - 9}L${x + 6} ${top - 9}L${x} ${top + 1}Z` }));
    });
  }

  // The sample at a position of the axis, and its counts in words, from the top of the strip down.
  sampleAt(axis, x) {
    const sample = this.samples.findLast((each) => axis.at(each.at) <= x) || this.samples[0];
    const counts = this.present.filter((place) => sample.counts[place]).reverse();
    return { at: sample.at, text: counts.map((place) => `${sample.counts[place]} ${place}`).join(", ") };
  }
}

function textureOf(place) {
  if (TEXTURES[place] === "stripes") return draw("path", { class: "stripes", d: "M-1 1L1 -1M-1 7L7 -1M5 7L7 5" });
  return TEXTURES[place] === "dots" ? draw("circle", { class: "dots", cx: 3, cy: 3, r: 1.7 }) : null;
}

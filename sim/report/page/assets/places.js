// The strip above the lanes: how many recordings were in each place. A place has a colour and a texture, so that hue alone
// distinguishes no two places. What the strip shows stands above it as text, too, for screen readers.
const TEXTURES = { readable: "stripes", "dead-lettered": "stripes", outbox: "stripes", "deleted by its owner": "stripes", "client's answer": "dots", "not known": "dots" };
const MAX_VIOLATIONS = 5;
const classOf = (place) => place.replace(/[^a-z]+/g, "-");

class Places {
  constructor(conservation, prefix) {
    this.conservation = conservation;
    this.prefix = prefix;
    const { places, samples } = conservation.series;
    this.present = places;
    this.samples = samples;
    this.most = Math.max(...samples.map((sample) => sample.slice(1).reduce((sum, count) => sum + count, 0)), conservation.accepted, 1);
  }

  // The sentence about the strip, its violations, and the names of the places that occur, from the top of the strip down.
  legend() {
    const { sentence, violations } = this.conservation;
    const keys = [...this.present].reverse().map((place) => make("li", { class: "key" }, this.swatch(place), place));
    const shown = violations.slice(0, MAX_VIOLATIONS).map((text) => make("li", {}, text));
    if (violations.length > shown.length) shown.push(make("li", {}, `and ${violations.length - shown.length} more, in summary.json`));
    return make("div", { class: "places" }, make("p", { class: "sentence" }, sentence),
      shown.length ? make("ul", { class: "violations", "aria-label": "Violations of conservation" }, ...shown) : null,
      make("ul", { class: "legend", "aria-label": "Places of recordings" }, ...keys));
  }

  swatch(place) {
    return draw("svg", { width: 14, height: 14, "aria-hidden": "true" }, draw("rect", { class: "outline", x: 1, y: 1, width: 12, height: 12, fill: this.fillOf(place) }));
  }

  fillOf(place) {
    return `url(#${this.prefix}-${classOf(place)})`;
  }

  patterns() {
    return draw("defs", {}, ...this.present.map((place) => draw("pattern", { id: `${this.prefix}-${classOf(place)}`, class: "place " + classOf(place), width: 6, height: 6, patternUnits: "userSpaceOnUse" },
      draw("rect", { width: 6, height: 6 }), this.texture(TEXTURES[place]))));
  }

  texture(name) {
    if (name === "stripes") return draw("path", { class: "stripes", d: "M-1 1L1 -1M-1 7L7 -1M5 7L7 5" });
    return name === "dots" ? draw("circle", { class: "dots", cx: 3, cy: 3, r: 1.7 }) : null;
  }

  // How many were accepted, beside that height of the strip.
  names(top) {
    const { accepted } = this.conservation;
    const y = top + PLACES * (1 - accepted / this.most);
    return [draw("text", { class: "lane-name accepted", x: 10, y: y + 9 }, accepted.toLocaleString("en")),
      draw("text", { class: "accepted-unit", x: 10, y: y + 20 }, "accepted"),
      draw("text", { class: "lane-name", x: 10, y: Math.max(top + PLACES - 4, y + 36) }, "places")];
  }

  // Counts stay the same until the next sample.
  marks(axis, top) {
    const bottom = top + PLACES, end = axis.places.at(-1).x + axis.places.at(-1).width;
    const from = this.samples.map((sample) => axis.at(sample[0])), height = (count) => bottom - PLACES * count / this.most;
    const to = (number) => number + 1 < from.length ? from[number + 1] : end;
    const below = this.samples.map(() => 0);
    const marks = this.present.map((place, index) => {
      let there = "", back = "";
      this.samples.forEach((sample, number) => {
        const low = height(below[number]);
        below[number] += sample[index + 1];
        const high = height(below[number]);
        there += (there ? "L" : "M") + `${from[number]} ${high}L${to(number)} ${high}`;
        back = `L${to(number)} ${low}L${from[number]} ${low}` + back;
      });
      return draw("path", { class: "place-area", fill: this.fillOf(place), d: there + back + "Z", "data-place": place });
    });
    return [this.patterns(), draw("g", { class: "places-strip" }, ...marks), ...this.violationMarks(axis, top)];
  }

  violationMarks(axis, top) {
    return this.conservation.at.map((time, index) => {
      const x = axis.at(time), line = { x1: x, x2: x, y1: top - 2, y2: top + PLACES };
      return draw("g", { class: "violation" }, draw("title", {}, this.conservation.violations[index]), draw("line", { class: "halo", ...line }), draw("line", line),
        draw("path", { d: `M${x - 6} ${top - 9}L${x + 6} ${top - 9}L${x} ${top + 1}Z` }));
    });
  }

  hovered(event, axis) {
    const x = event.clientX - event.target.closest("svg").getBoundingClientRect().left;
    const sample = this.samples.findLast((each) => axis.at(each[0]) <= x) || this.samples[0];
    const counts = this.present.map((place, index) => [sample[index + 1], place]).filter(([count]) => count).reverse();
    showTip(event, "since " + durationText(sample[0]), counts.map(([count, place]) => `${count} ${place}`).join(", "), "");
  }
}

// Two axes of virtual time. Paced by time: stretches of events, with the idle time between them cut out. Paced by events:
// each moment as wide as any other, so that half a second of recovery after two hours of outage is seen.
import { clockText, durationText } from "./formatting.js";

export const CUT = 54;
export const PAD = 16;
const MAX_CUTS = 24, SHORTEST_CUT_SECONDS = 10;
const CUT_FROM_SHARE = 0.2; // of the axis that remains after the longer gaps were cut out
const NARROWEST_STRETCH = 34, NARROWEST_MOMENT = 1.2, TICK_ROOM = 96;
const STEPS = [.01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800];

// The times that an axis must show: of everything that is of interest.
export function momentsOf(state) {
  const moments = new Set();
  for (const point of state.points) if (point.tone !== "minor") moments.add(point.at);
  for (const bar of state.spans) if (bar.tone !== "minor") moments.add(bar.start).add(bar.end ?? state.at);
  for (const fault of state.faults) moments.add(fault.start).add(fault.end ?? state.at);
  for (const each of [...state.conditions, ...state.steps, ...state.violations]) moments.add(each.at);
  return [...moments].sort((one, other) => one - other);
}

// ---- paced by time ----
// A pipeline with production limits is idle most of the time: three busy seconds, half an hour until the message is
// visible again, three busy seconds. A linear axis would show three dots.
export function stretches(times) {
  if (!times.length) return [];
  const groups = split(times, cutsOf(times));
  const lengths = groups.map((group) => group.at(-1) - group[0]), busy = groups.map((group) => Math.sqrt(group.length));
  const length = sum(lengths) || 1, all = sum(busy);
  // Half by duration, half by number of events, so that a short stretch with many events stays readable.
  const weights = groups.map((_, index) => lengths[index] / length + busy[index] / all), weight = sum(weights);
  return groups.map((group, index) => ({ start: group[0], end: group.at(-1), share: weights[index] / weight }));
}

const sum = (numbers) => numbers.reduce((total, each) => total + each, 0);

// The times after which the axis is cut.
function cutsOf(times) {
  const gaps = times.slice(1).map((time, index) => [time - times[index], times[index]]).sort((one, other) => other[0] - one[0] || other[1] - one[1]);
  const cuts = new Set();
  let left = times.at(-1) - times[0];
  for (const [seconds, after] of gaps.slice(0, MAX_CUTS)) {
    if (seconds < SHORTEST_CUT_SECONDS || seconds < CUT_FROM_SHARE * left) break;
    cuts.add(after);
    left -= seconds;
  }
  return cuts;
}

function split(times, cuts) {
  const groups = [[]];
  for (const time of times) {
    groups.at(-1).push(time);
    if (cuts.has(time)) groups.push([]);
  }
  return groups.filter((group) => group.length);
}

export function timeAxis(moments, width) {
  const pieces = stretches(moments), room = Math.max(width - 2 * PAD - (pieces.length - 1) * CUT, pieces.length * NARROWEST_STRETCH);
  let x = PAD;
  const places = pieces.map(({ start, end, share }) => {
    const place = { start, end, x, width: share * room };
    x += place.width + CUT;
    return place;
  });
  return { places, total: places.length ? x - CUT + PAD : width, at: positionIn(places), ticks: places.flatMap((place) => ticksOf(place)) };
}

function positionIn(places) {
  return (time) => {
    let before = null;
    for (const place of places) {
      if (time < place.start) {
        if (!before) return place.x;
        const from = before.x + before.width;
        return from + (place.x - from) * (time - before.end) / (place.start - before.end);
      }
      if (time <= place.end) return place.x + (place.end > place.start ? place.width * (time - place.start) / (place.end - place.start) : place.width / 2);
      before = place;
    }
    return before ? before.x + before.width + 4 : PAD;
  };
}

// The first tick of a stretch says when it is; the others say how much later they are, so that none repeats another.
function ticksOf(place) {
  const length = place.end - place.start, wanted = Math.floor(place.width / TICK_ROOM);
  const ticks = [{ time: place.start, label: clockText(place.start), isFirst: true }];
  const step = STEPS.find((each) => length / each <= wanted);
  if (length <= 0 || wanted < 1 || step === undefined) return ticks;
  for (let number = 1; number * step <= length; number += 1) ticks.push({ time: place.start + number * step, label: laterText(number * step, step, place.start), isFirst: false });
  return ticks;
}

function laterText(seconds, step, start) {
  const minutes = Math.floor(seconds / 60 + 1e-9) * 60, rest = Math.round((seconds - minutes) * 100) / 100;
  const isFine = step < 1 && seconds >= 10; // finer than a duration is said
  const text = isFine ? `${minutes ? durationText(minutes, 3) + " " : ""}${rest} s` : durationText(Math.round(seconds * 1000) / 1000, 3);
  return (start === 0 ? "" : "+") + text;
}

// ---- paced by events ----
export function eventAxis(moments, width) {
  const last = Math.max(1, moments.length - 1), step = Math.max(NARROWEST_MOMENT, (width - 2 * PAD) / last);
  const at = (time) => {
    const index = upperBound(moments, time) - 1;
    if (index < 0) return PAD;
    const next = moments[index + 1];
    const part = next === undefined ? Math.min(1, time - moments[index]) * .5 : (time - moments[index]) / (next - moments[index]);
    return PAD + (index + part) * step;
  };
  const places = moments.length ? [{ start: moments[0], end: moments.at(-1), x: PAD, width: (moments.length - 1) * step }] : [];
  return { places, total: Math.max(width, 2 * PAD + (moments.length - 1) * step), at, ticks: eventTicks(moments, step) };
}

function upperBound(list, value) {
  let low = 0, high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

// Where the clock would read the same as at the tick before, the tick says how much later it is.
function eventTicks(moments, step) {
  const every = Math.max(1, Math.ceil(TICK_ROOM / step)), ticks = [];
  let anchor = null, before = "";
  moments.forEach((time, index) => {
    if (index % every) return;
    const clock = clockText(time), isNew = anchor === null || clockText(anchor) !== clock;
    if (isNew) anchor = time;
    const label = isNew ? clock : "+" + durationText(time - anchor);
    if (label !== before) ticks.push({ time, label, isFirst: false });
    before = label;
  });
  return ticks;
}

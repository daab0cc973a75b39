// Durations, counts and times as text.
const UNITS = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];

// `0.43 s`, `12 s`, `29 min 50 s`, `5 h 30 min`: at most `units` units.
export function durationText(seconds, units = 2) {
  const sign = seconds < 0 ? "−" : "";
  seconds = Math.abs(seconds);
  if (seconds < 10) return sign + Math.round(seconds * 100) / 100 + " s";
  const finest = UNITS[Math.min(3, UNITS.findIndex(([, size]) => Math.round(seconds) >= size) + units - 1)][1];
  let whole = Math.round(seconds / finest) * finest;
  const first = UNITS.findIndex(([, size]) => whole >= size);
  const parts = [];
  for (const [unit, size] of UNITS.slice(first, first + units)) {
    const count = Math.floor(whole / size);
    if (count) parts.push(count + " " + unit);
    whole -= count * size;
  }
  return sign + parts.join(" ");
}

// A moment since the start: `12.3 s`, `5:09`, `1:30:24`, `2 d 1:30:24`.
export function clockText(seconds) {
  if (seconds < 60) return Math.round(seconds * 10) / 10 + " s";
  const whole = Math.floor(seconds), two = (number) => String(number).padStart(2, "0");
  const days = Math.floor(whole / 86400), hours = Math.floor(whole / 3600) % 24, minutes = Math.floor(whole / 60) % 60;
  const time = days || hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
  return days ? `${days} d ${time}` : time;
}

export const countText = (number, singular, plural) => `${number.toLocaleString("en")} ${number === 1 ? singular : plural || singular + "s"}`;

const WORDS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
export const numberText = (number) => WORDS[number] || number.toLocaleString("en");
export const capitalized = (text) => text.slice(0, 1).toUpperCase() + text.slice(1);

export function ordinalText(number) {
  const tens = number % 100;
  return number + (tens >= 10 && tens <= 20 ? "th" : { 1: "st", 2: "nd", 3: "rd" }[number % 10] || "th");
}

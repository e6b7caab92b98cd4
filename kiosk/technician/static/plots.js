// Pictures in SVG: bars of visits, the trace of a temperature, and the header of the Raspberry Pi.

import { words } from "./elements.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDEST = 720;
const LEGEND = 150; // width of one entry
export const OUTCOMES = ["admitted", "admitted_by_officer", "referred", "left", "interrupted"];

function element(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== "") made.textContent = text;
  return made;
}

// Draws a picture as wide as its box, so that its letters are not scaled. make: returns the picture for a width.
export function draw(box, make) {
  const width = Math.max(280, Math.min(box.clientWidth || WIDEST, WIDEST));
  const picture = make(width);
  picture.setAttribute("width", width);
  box.replaceChildren(picture);
}

// bars: [label, {outcome: visits}], in order. Returns a picture with one stacked bar for each.
export function bars(title, rows, width) {
  const perLine = Math.max(1, Math.floor(width / LEGEND)), lines = Math.ceil(OUTCOMES.length / perLine);
  const left = 34, top = 8, bottom = 24 + 18 * lines, height = 150 + bottom;
  const sums = rows.map(([, counts]) => OUTCOMES.reduce((sum, name) => sum + (counts[name] ?? 0), 0));
  const most = Math.max(1, ...sums);
  const picture = element("svg", { viewBox: `0 0 ${width} ${height}`, class: "plot", role: "img", "aria-label": `${title}: ${sums.reduce((a, b) => a + b, 0)} visits, at most ${Math.max(0, ...sums)} in one bar` });
  const scale = (height - top - bottom) / most;
  picture.append(element("line", { x1: left, x2: width, y1: height - bottom, y2: height - bottom, class: "axis" }));
  picture.append(element("text", { x: left - 6, y: top + 10, "text-anchor": "end", class: "soft" }, String(most)));
  const step = (width - left) / Math.max(rows.length, 1);
  rows.forEach(([label, counts], number) => {
    let y = height - bottom;
    for (const name of OUTCOMES) {
      const tall = (counts[name] ?? 0) * scale;
      y -= tall;
      if (tall > 0) picture.append(element("rect", { x: left + number * step + step * 0.12, y, width: step * 0.76, height: tall, class: name }));
    }
    if (step >= 22 || number % 3 === 0) picture.append(element("text", { x: left + (number + 0.5) * step, y: height - bottom + 15, "text-anchor": "middle", class: "soft" }, label));
  });
  OUTCOMES.forEach((name, number) => {
    const x = 4 + (number % perLine) * LEGEND, y = height - 18 * (lines - Math.floor(number / perLine)) + 4;
    picture.append(element("rect", { x, y, width: 10, height: 10, class: name }), element("text", { x: x + 15, y: y + 9 }, words(name)));
  });
  return picture;
}

// steps: {situation, visits, median_s, longest_s}. Returns a picture with a bar of the median and a line to the longest.
export function times(steps, width) {
  const row = 24, left = 130, right = 170;
  const most = Math.max(1, ...steps.map((step) => step.longest_s));
  const scale = Math.max(width - left - right, 20) / most;
  const label = steps.map((step) => `${words(step.situation)} ${step.median_s} s`).join(", ");
  const picture = element("svg", { viewBox: `0 0 ${width} ${Math.max(1, steps.length) * row + 4}`, class: "plot", role: "img", "aria-label": `median time per step: ${label || "no visit has ended yet"}` });
  if (!steps.length) picture.append(element("text", { x: 0, y: 16 }, "no visit has ended yet"));
  steps.forEach(({ situation, visits, median_s, longest_s }, number) => {
    const y = number * row + 4, middle = y + 9;
    picture.append(element("text", { x: left - 8, y: middle + 4, "text-anchor": "end" }, words(situation)));
    picture.append(element("line", { x1: left, x2: left + longest_s * scale, y1: middle, y2: middle, class: "axis" }));
    picture.append(element("rect", { x: left, y, width: median_s * scale, height: 18, class: "admitted" }));
    picture.append(element("text", { x: left + longest_s * scale + 6, y: middle + 4 }, `${median_s} s, at most ${longest_s} s (${visits})`));
  });
  return picture;
}

const LINES = [["raw", "measured"], ["ambient", "sensor itself"], ["corrected", "corrected"]];

// samples: [seconds ago, measured, sensor's own, corrected], in degrees, the oldest first.
export function trace(samples, width) {
  const perLine = Math.max(1, Math.floor(width / 200)), lines = Math.ceil(LINES.length / perLine);
  const left = 44, right = 8, top = 10, bottom = 24 + 18 * lines, height = 150 + bottom;
  const values = samples.flatMap((sample) => sample.slice(1));
  const least = Math.floor(Math.min(...values) - 0.5), most = Math.ceil(Math.max(...values) + 0.5);
  const longest = Math.max(samples[0][0], 1);
  const x = (ago) => left + (1 - ago / longest) * (width - left - right);
  const y = (value) => top + ((most - value) / (most - least)) * (height - top - bottom);
  const last = samples.at(-1);
  const label = LINES.map(([, name], line) => `${name} ${last[line + 1].toFixed(2)} °C`).join(", ");
  const picture = element("svg", { viewBox: `0 0 ${width} ${height}`, class: "trace", role: "img", "aria-label": `thermometer: ${label}` });
  for (const value of [least, (least + most) / 2, most]) {
    picture.append(element("line", { x1: left, x2: width - right, y1: y(value), y2: y(value), class: "axis" }));
    picture.append(element("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end", class: "soft" }, value.toFixed(1)));
  }
  LINES.forEach(([kind, name], line) => {
    picture.append(element("polyline", { points: samples.map((sample) => `${x(sample[0]).toFixed(1)},${y(sample[line + 1]).toFixed(1)}`).join(" "), class: kind }));
    const at = 4 + (line % perLine) * 200, below = height - 18 * (lines - Math.floor(line / perLine)) + 13;
    picture.append(element("line", { x1: at, x2: at + 24, y1: below - 4, y2: below - 4, class: kind }));
    picture.append(element("text", { x: at + 30, y: below }, `${name} ${last[line + 1].toFixed(2)} °C`));
  });
  picture.append(element("text", { x: left, y: height - bottom + 15, class: "soft" }, `${longest.toFixed(0)} s ago`));
  picture.append(element("text", { x: width - right, y: height - bottom + 15, "text-anchor": "end", class: "soft" }, "now"));
  return picture;
}

// The GPIO number of each pin of the 40-pin header, or its supply (raspberrypi.com/documentation, "GPIO and the 40-pin header").
const HEADER = ["3V3", "5V", 2, "5V", 3, "GND", 4, 14, "GND", 15, 17, 18, 27, "GND", 22, 23, "3V3", 24, 10, "GND", 9, 25, 11, 8, "GND", 7, 0, 1, 5, "GND", 6, 12, 13, "GND", 19, 16, 26, 20, "GND", 21];

// used: {gpio: [name, active]}. Returns a picture of the header, with the names of this site's pins beside them; a
// narrow one has short names and the GPIO number. A pin that is on is filled.
export function header(used, width) {
  const row = 19, middle = width / 2, narrow = width < 640;
  const picture = element("svg", { viewBox: `0 0 ${width} ${20 * row + 20}`, role: "img", "aria-label": `header: ${Object.values(used).map(([name, active]) => `${name} ${active ? "on" : "off"}`).join(", ")}` });
  picture.append(element("rect", { x: middle - 34, y: 4, width: 68, height: 20 * row + 12, rx: 8, class: "board" }));
  HEADER.forEach((what, index) => {
    const right = index % 2 === 1, y = 20 + Math.floor(index / 2) * row, x = middle + (right ? 14 : -14);
    const [name, active] = used[what] ?? ["", false];
    const kind = typeof what === "string" ? "power" : `${name ? "used" : ""} ${active ? "on" : ""}`;
    picture.append(element("circle", { cx: x, cy: y, r: 7, class: `pin ${kind}` }));
    const anchor = { "text-anchor": right ? "start" : "end", x: x + (right ? 30 : -30), y: y + 4 };
    const full = `${name} (GPIO ${what}, pin ${index + 1})${active ? " · on" : ""}`;
    const short = `${name.replace(/^inputs\.|(_pin|\.relay_pin)$/g, "")} ${what}`;
    const label = name ? (narrow ? short : full) : typeof what === "string" ? what : "";
    picture.append(element("text", name ? anchor : { ...anchor, class: "soft" }, label));
  });
  return picture;
}

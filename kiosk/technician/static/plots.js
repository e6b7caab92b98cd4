// Pictures in SVG: bars of visits by the hour or by the day, and the header of the Raspberry Pi.

const SVG = "http://www.w3.org/2000/svg";
export const OUTCOMES = ["admitted", "admitted_by_officer", "referred", "left", "interrupted"];

export function words(name) {
  return name.replaceAll("_", " ");
}

function element(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== "") made.textContent = text;
  return made;
}

// bars: [label, {outcome: visits}], in order. Returns a picture with one stacked bar for each.
export function bars(title, rows) {
  const width = 720, height = 190, left = 34, bottom = 40, top = 8;
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
    picture.append(element("text", { x: left + (number + 0.5) * step, y: height - bottom + 15, "text-anchor": "middle", class: "soft" }, label));
  });
  OUTCOMES.forEach((name, number) => {
    const x = left + number * 135;
    picture.append(element("rect", { x, y: height - 14, width: 10, height: 10, class: name }), element("text", { x: x + 15, y: height - 5 }, words(name)));
  });
  return picture;
}

// The GPIO number of each pin of the 40-pin header, or its supply (raspberrypi.com/documentation, "GPIO and the 40-pin header").
const HEADER = ["3V3", "5V", 2, "5V", 3, "GND", 4, 14, "GND", 15, 17, 18, 27, "GND", 22, 23, "3V3", 24, 10, "GND", 9, 25, 11, 8, "GND", 7, 0, 1, 5, "GND", 6, 12, 13, "GND", 19, 16, 26, 20, "GND", 21];

// used: {gpio: [name, active]}. Returns a picture of the header, with the names of this site's pins beside them.
export function header(used) {
  const row = 19, middle = 360;
  const picture = element("svg", { viewBox: `0 0 720 ${20 * row + 20}`, role: "img", "aria-label": `header: ${Object.values(used).map(([name, active]) => `${name} ${active ? "on" : "off"}`).join(", ")}` });
  picture.append(element("rect", { x: middle - 34, y: 4, width: 68, height: 20 * row + 12, rx: 8, class: "board" }));
  HEADER.forEach((what, index) => {
    const right = index % 2 === 1, y = 20 + Math.floor(index / 2) * row, x = middle + (right ? 14 : -14);
    const [name, active] = used[what] ?? ["", false];
    const kind = typeof what === "string" ? "power" : `${name ? "used" : ""} ${active ? "on" : ""}`;
    picture.append(element("circle", { cx: x, cy: y, r: 7, class: `pin ${kind}` }));
    const anchor = { "text-anchor": right ? "start" : "end", x: x + (right ? 30 : -30), y: y + 4 };
    const label = name ? `${name} (GPIO ${what}, pin ${index + 1})${active ? " · on" : ""}` : typeof what === "string" ? what : "";
    picture.append(element("text", name ? anchor : { ...anchor, class: "soft" }, label));
  });
  return picture;
}

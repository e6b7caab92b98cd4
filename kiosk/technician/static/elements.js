// Elements of the page. They are made from plain texts, so a browser never reads a text from the kiosk as HTML.

export function words(name) {
  return name.replaceAll("_", " ");
}

export function made(name, text = "", className = "") {
  const element = document.createElement(name);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

// rows: [name, value, class of the value].
export function pairs(list, rows) {
  list.replaceChildren(...rows.flatMap(([name, value, className]) => [made("dt", name), made("dd", value, className ?? "")]));
}

export function table(element, heads, rows) {
  const head = made("tr");
  head.append(...heads.map((text) => made("th", text)));
  const body = rows.map((row) => {
    const line = made("tr");
    line.append(...row.map((text) => made("td", String(text), typeof text === "number" ? "number" : "")));
    return line;
  });
  element.replaceChildren(head, ...body);
  return element;
}

export function duration(seconds) {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} days`;
}

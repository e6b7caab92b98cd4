// Simulation only: the state of the machine, beside the visitor's page. It is read from the simulated pins and buses.

const NAMES = { building: "door", street: "street door" };
const LAMPS = {
  "100": ["red", "#ff5a50"],
  "010": ["green", "#3ddc84"],
  "001": ["blue", "#5b97ff"],
  "110": ["amber", "#ffc247"],
  "011": ["cyan", "#54d6ff"],
  "101": ["violet", "#c98aff"],
  "111": ["white", "#ffffff"],
};

const panel = document.querySelector("#machine");
new EventSource("/machine").onmessage = (event) => show(JSON.parse(event.data));

function show(machine) {
  panel.dataset.phase = machine.phase ?? "";
  panel.querySelector(".person").textContent = machine.person ?? "";
  showBooth(panel.querySelector(".booth"), machine);
  panel.querySelector(".gauges").replaceChildren(...gauges(machine).flatMap(gaugeOf));
  panel.querySelector(".visits").replaceChildren(...(machine.visits ?? []).map(visitOf));
}

function showBooth(booth, { doors = {}, sprayer, lamp = {}, buzzer, inputs = {}, thermometer }) {
  const set = (name, on) => booth.classList.toggle(name, Boolean(on));
  set("street-open", doors.street?.open);
  set("building-open", doors.building?.open);
  set("unlocked", doors.building && !doors.building.locked);
  set("spraying", sprayer);
  set("buzzing", buzzer);
  set("present", inputs.presence);
  set("warm", thermometer);
  booth.querySelector(".lamp").setAttribute("fill", lit(lamp)?.[1] ?? "#1d2f35");
}

function gauges({ doors = {}, sprayer, lamp, buzzer, inputs = {}, thermometer }) {
  const rows = Object.entries(doors).map(([name, door]) => [NAMES[name] ?? name, doorWords(door), door.open || door.locked === false]);
  if (sprayer !== undefined) rows.push(["sprayer", sprayer ? "spraying" : "off", sprayer]);
  if (lamp !== undefined) rows.push(["lamp", lit(lamp)?.[0] ?? "dark", Boolean(lit(lamp))]);
  if (buzzer !== undefined) rows.push(["buzzer", buzzer ? "sounding" : "off", buzzer]);
  if (thermometer) {
    rows.push(["forehead", `${thermometer.object_c.toFixed(1)} °C`, true]);
    rows.push(["room", `${thermometer.ambient_c.toFixed(1)} °C`, true]);
  }
  for (const [name, active] of Object.entries(inputs)) rows.push([name.replaceAll("_", " "), active ? "active" : "–", active]);
  return rows;
}

function doorWords({ locked, open }) {
  const words = [];
  if (locked !== undefined) words.push(locked ? "locked" : "unlocked");
  if (open !== undefined) words.push(open ? "open" : "closed");
  return words.join(", ");
}

// Returns the name and the CSS colour of a lamp that is lit; undefined for a dark lamp.
function lit({ single, red, green, blue }) {
  if (single) return ["on", "#ffe9a8"];
  return LAMPS[[red, green, blue].map((part) => (part ? 1 : 0)).join("")];
}

function gaugeOf([name, words, active]) {
  const term = document.createElement("dt");
  const value = document.createElement("dd");
  term.textContent = name;
  value.textContent = words;
  value.className = active ? "active" : "";
  return [term, value];
}

function visitOf({ who, result, reason }) {
  const item = document.createElement("li");
  item.className = result;
  for (const [tag, text] of [["b", who], ["span", result.replaceAll("_", " ")], ["i", (reason ?? "").replaceAll("_", " ")]]) {
    const part = document.createElement(tag);
    part.textContent = text;
    item.append(part);
  }
  return item;
}

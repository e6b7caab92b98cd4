// The office's page: asks for the list every few seconds, and for the week of the chosen kiosk.
"use strict";

const EVERY_MS = 5000;
const SVG = "http://www.w3.org/2000/svg";
let chosen = "";

function ago(seconds) {
  if (seconds === null || seconds === undefined) return "never heard";
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86400)} days`;
}

function listed(counts) {
  const parts = Object.entries(counts).sort((one, other) => other[1] - one[1]);
  return parts.map(([word, count]) => `${word.replaceAll("_", " ")} ${count}`).join(", ");
}

function cell(text, name = "") {
  const made = document.createElement("td");
  made.textContent = text;
  made.className = name;
  return made;
}

function needsCare(kiosk) {
  return kiosk.faults.length > 0 || kiosk.missing > 0 || kiosk.refused !== null;
}

function toneOf(kiosk) {
  if (kiosk.alert_s !== null) return "bad";
  return needsCare(kiosk) ? "wait" : "good";
}

function nowOf(kiosk) {
  if (kiosk.alert_s !== null) return `SILENT for ${ago(kiosk.since_s ?? kiosk.alert_s)}`;
  if (!kiosk.online) return kiosk.since_s === null ? "not connected yet" : `not connected for ${ago(kiosk.since_s)}`;
  const state = kiosk.state ?? {};
  const door = state.door && state.door !== "unknown" ? `, door ${state.door}` : "";
  return `${(state.phase ?? "online").replaceAll("_", " ")}${door}`;
}

function refusalOf(kiosk) {
  return `messages refused (${ago(kiosk.refused_s)} ago): ${kiosk.refused}`;
}

function faultsOf(kiosk) {
  const words = kiosk.faults.map((fault) => fault.name.replaceAll("_", " "));
  if (kiosk.missing) words.push(`${kiosk.missing} rows were deleted before they were sent`);
  if (kiosk.refused !== null) words.push(refusalOf(kiosk));
  return words.join(", ") || "none";
}

function showKiosks(kiosks) {
  const rows = kiosks.map((kiosk) => {
    const row = document.createElement("tr");
    const name = document.createElement("th");
    name.scope = "row";
    const button = document.createElement("button");
    button.textContent = kiosk.name;
    button.title = `The week of ${kiosk.name}`;
    button.addEventListener("click", () => choose(kiosk.name));
    name.append(button);
    const faults = cell(faultsOf(kiosk), needsCare(kiosk) ? "wait" : "");
    faults.title = kiosk.faults.map((fault) => fault.cause).join("\n");
    row.append(
      name, cell(kiosk.site), cell(nowOf(kiosk), toneOf(kiosk)), faults, cell(kiosk.admitted, "number"),
      cell(kiosk.referred, "number"), cell(listed(kiosk.reasons)),
    );
    return row;
  });
  const focused = document.activeElement?.closest("#kiosks th")?.textContent;
  document.getElementById("kiosks").replaceChildren(...rows);
  for (const button of document.querySelectorAll("#kiosks button")) if (button.textContent === focused) button.focus();
}

function showUnknown(unknown) {
  document.getElementById("unknown-section").hidden = unknown.length === 0;
  const items = unknown.map((each) => {
    const item = document.createElement("li");
    item.textContent = `${each.name}: ${refusalOf(each)}`;
    return item;
  });
  document.getElementById("unknown").replaceChildren(...items);
}

function shape(tone, x, y) {
  const kind = { bad: "rect", wait: "polygon", good: "circle" }[tone];
  const made = document.createElementNS(SVG, kind);
  const values = {
    rect: { x: x - 8, y: y - 8, width: 16, height: 16 },
    polygon: { points: `${x},${y - 10} ${x + 10},${y + 8} ${x - 10},${y + 8}` },
    circle: { cx: x, cy: y, r: 8 },
  }[kind];
  for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
  made.setAttribute("class", tone);
  return made;
}

// An equirectangular map: a degree of longitude is shortened by the cosine of the mean latitude.
function showMap(kiosks) {
  const placed = kiosks.filter((kiosk) => kiosk.latitude !== null && kiosk.longitude !== null);
  document.getElementById("map-section").hidden = placed.length === 0;
  if (placed.length === 0) return;
  const middle = placed.reduce((sum, kiosk) => sum + kiosk.latitude, 0) / placed.length;
  const shrink = Math.cos((middle * Math.PI) / 180);
  const points = placed.map((kiosk) => [kiosk.longitude * shrink, -kiosk.latitude]);
  const [left, top] = [0, 1].map((axis) => Math.min(...points.map((point) => point[axis])));
  const [right, bottom] = [0, 1].map((axis) => Math.max(...points.map((point) => point[axis])));
  const scale = Math.min(800 / Math.max(right - left, 0.001), 480 / Math.max(bottom - top, 0.001));
  const parts = placed.flatMap((kiosk, number) => {
    const x = 500 + (points[number][0] - (left + right) / 2) * scale;
    const y = 300 + (points[number][1] - (top + bottom) / 2) * scale;
    const label = document.createElementNS(SVG, "text");
    label.setAttribute("x", x + 13);
    label.setAttribute("y", y + 5);
    label.textContent = kiosk.name;
    return [shape(toneOf(kiosk), x, y), label];
  });
  document.getElementById("map").replaceChildren(...parts);
}

async function showWeek() {
  const answer = await fetch(`/office/week/${encodeURIComponent(chosen)}`);
  if (!answer.ok) return;
  const week = await answer.json();
  if (week.kiosk !== chosen) return;
  document.getElementById("week-title").textContent = `The week of ${chosen}`;
  const rows = week.days.toReversed().map((day) => {
    const row = document.createElement("tr");
    row.append(
      cell(day.day), cell(day.admitted, "number"), cell(day.referred, "number"), cell(day.other, "number"),
      cell(day.went_through, "number"), cell(listed(day.reasons)), cell(listed(day.fault_counts)),
    );
    return row;
  });
  document.getElementById("days").replaceChildren(...rows);
  document.getElementById("week").hidden = false;
}

async function choose(name) {
  chosen = name;
  await showWeek();
  document.getElementById("week").scrollIntoView({ block: "nearest" });
}

function summary(list) {
  const silent = list.kiosks.filter((kiosk) => kiosk.alert_s !== null).length;
  const faulty = list.kiosks.filter((kiosk) => kiosk.alert_s === null && kiosk.faults.length).length;
  if (list.broker_silent_s !== null) return [`The broker has not answered for ${ago(list.broker_silent_s)}: the states of the kiosks are not known.`, "bad"];
  if (list.kiosks.length === 0) return ["No kiosk is enrolled yet.", "wait"];
  const refused = list.kiosks.filter((kiosk) => kiosk.refused !== null).length + list.unknown.length;
  const more = refused ? ` Messages of ${refused} are refused.` : "";
  const words = `${list.kiosks.length} kiosks: ${silent} silent, ${faulty} with a fault.${more}`;
  return [words, silent ? "bad" : faulty || refused ? "wait" : "good"];
}

async function refresh() {
  const line = document.getElementById("summary");
  try {
    const answer = await fetch("/office/kiosks");
    if (answer.status === 401) location.href = "/office/login";
    if (!answer.ok) throw new Error(await answer.text());
    const list = await answer.json();
    [line.textContent, line.className] = summary(list);
    showKiosks(list.kiosks);
    showUnknown(list.unknown);
    showMap(list.kiosks);
    if (chosen) await showWeek();
  } catch (error) {
    line.textContent = `This page is not up to date: ${error.message}`;
    line.className = "bad";
  }
  setTimeout(refresh, EVERY_MS);
}

refresh();

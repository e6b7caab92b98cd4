// The technician's page. It only reads: no request changes anything on the kiosk.

import { made, table, words } from "./elements.js";
import { showMachine, showNow } from "./now.js";
import { bars, draw, OUTCOMES, times } from "./plots.js";

const LEVELS = ["debug", "info", "warning", "error", "critical"];
const LOST_MS = 6000;
const MAX_FILE_BYTES = 256 * 1024;

const byId = (id) => document.getElementById(id);
let pins = {};
let loggedUpTo = 0;
let lastLine = Date.now();
let newest = null;
let opened = new Set();

// ---- parts

function choosePart() {
  const name = location.hash.slice(1) || "now";
  for (const part of document.querySelectorAll("main > section")) part.hidden = part.id !== name;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  drawAgain();
}

// The pictures are as wide as their boxes, whose width is known only while they are shown.
function drawAgain() {
  if (newest) showLive(newest);
  refresh();
}

async function ask(path) {
  const answer = await fetch(`/technician/${path}`);
  if (answer.status === 401) location.assign("/technician/login");
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

async function refresh() {
  const part = location.hash.slice(1) || "now";
  try {
    if (part === "now") showMachine(await ask("machine"));
    if (part === "why") showVisits(await ask("visits"));
    if (part === "counts") showCounts(await ask("counts"));
  } catch (error) {
    console.warn(error);
  }
}

// ---- now

function showLive(live) {
  newest = live;
  const state = byId("state");
  if (!live) {
    state.textContent = "The kiosk does not answer: it is stopped, or it starts again.";
    state.dataset.tone = "bad";
    return;
  }
  byId("name").textContent = live.kiosk.name;
  byId("site").textContent = live.kiosk.site;
  document.title = `${live.kiosk.name} · technician`;
  state.textContent = live.faults.length ? `${words(live.phase)}, ${live.faults.length} fault${live.faults.length > 1 ? "s" : ""}` : `${words(live.phase)}, no fault`;
  state.dataset.tone = live.faults.length || ["out_of_service", "emergency"].includes(live.phase) ? "bad" : live.phase === "starting" ? "wait" : "good";
  showNow(live, pins);
  draw(byId("plot-steps"), (width) => times(live.step_times, width));
  showLog(live.log);
  showTrails(live.visits);
}

// ---- why

let stored = [];
let trails = [];

function showVisits(visits) {
  stored = visits;
  drawVisits();
}

function showTrails(visits) {
  if (JSON.stringify(visits) === JSON.stringify(trails)) return;
  trails = visits;
  drawVisits();
}

// A visit of the current run is shown with its situations, from the kiosk's memory. An older visit is shown with its
// rows, from the journal.
function drawVisits() {
  const list = byId("visits");
  const known = new Set(trails.map((trail) => trail.number));
  const newestRun = stored.length ? stored[0].key.split("-")[0] : "";
  const older = stored.filter((visit) => !(visit.key.split("-")[0] === newestRun && known.has(visit.number)));
  list.replaceChildren(...trails.map(trailOf), ...older.map(storedOf));
  if (!list.children.length) list.append(made("li", "none yet"));
}

function summaryOf(number, when, outcome, reason, rule) {
  const summary = made("summary");
  const why = [words(outcome || "in progress"), reason ? words(reason) : "", rule ? `rule: ${words(rule)}` : ""].filter(Boolean).join(" · ");
  summary.append(made("b", `visit ${number}`), made("span", when), made("span", why));
  return summary;
}

function details(key, summary, fill) {
  const item = made("li");
  const box = made("details");
  box.append(summary);
  box.dataset.key = key;
  box.open = opened.has(key);
  if (box.open) fill(box);
  box.addEventListener("toggle", () => {
    if (box.open && !opened.has(key)) fill(box);
    if (box.open) opened.add(key);
    else opened.delete(key);
  });
  item.append(box);
  return item;
}

function trailOf(trail) {
  const when = new Date(trail.began).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return details(`live-${trail.number}`, summaryOf(trail.number, when, trail.outcome, trail.reason, trail.rule), (box) => {
    const rows = trail.situations.map(([at, name]) => [`${at.toFixed(1)} s`, words(name)]);
    if (trail.ended_s !== null) rows.push([`${trail.ended_s.toFixed(1)} s`, "end of the visit"]);
    if (trail.scheme) rows.push(["code", words(trail.scheme)]);
    if (trail.notices.length) rows.push(["told", trail.notices.map(words).join(", ")]);
    box.append(table(made("table"), ["after", "what"], rows));
  });
}

function storedOf(visit) {
  return details(visit.key, summaryOf(visit.number, visit.at.slice(5, 16).replace("T", " "), visit.outcome, visit.reason, visit.rule), async (box) => {
    const { rows } = await ask(`visits/${visit.key}`);
    const after = (row) => (row.after_s === null ? "" : `${row.after_s.toFixed(1)} s`);
    const what = (row) => [row.outcome, row.reason, row.detail].filter(Boolean).map(words).join(" · ");
    box.append(table(made("table"), ["at", "after", "row", "phase", "what"], rows.map((row) => [row.at.slice(11, 23), after(row), words(row.kind), words(row.phase), what(row)])));
    box.append(made("p", "The times of the steps are not recorded; the running kiosk knows them for its last visits.", "hint"));
  });
}

// ---- counts

function showCounts(counts) {
  byId("counts-trouble").hidden = !counts.trouble;
  byId("counts-trouble").textContent = counts.trouble;
  if (!counts.now) return;
  const sums = (prefix) => {
    const found = {};
    for (const { hour, outcomes } of counts.hours) if (hour.startsWith(prefix)) for (const { outcome, visits } of outcomes) found[outcome] = (found[outcome] ?? 0) + visits;
    return found;
  };
  const today = counts.now.slice(0, 10);
  const hours = [...Array(24).keys()].map((hour) => String(hour).padStart(2, "0"));
  draw(byId("plot-today"), (width) => bars("today", hours.map((hour) => [hour, sums(`${today}T${hour}`)]), width));
  const days = [...Array(7).keys()].map((ago) => new Date(Date.parse(`${today}T12:00Z`) - (6 - ago) * 86400000).toISOString().slice(0, 10));
  draw(byId("plot-week"), (width) => bars("seven days", days.map((day) => [day.slice(5), sums(day)]), width));
  const rank = (name) => OUTCOMES.indexOf(name);
  const rows = (list) => [...list].sort((a, b) => rank(a.outcome) - rank(b.outcome) || b.visits - a.visits).map(({ outcome, reason, visits }) => [words(outcome), words(reason), visits]);
  table(byId("today"), ["outcome", "reason", "visits"], rows(counts.today));
  table(byId("week"), ["outcome", "reason", "visits"], rows(counts.week));
  table(byId("fault-counts"), ["day", "device", "fault", "times"], counts.faults.map(({ day, device, code, count }) => [day, words(device), words(code), count]));
}

// ---- settings

async function showSettings() {
  const found = await ask("settings");
  const [shown, ...mistakes] = found.refused;
  byId("refused").hidden = !found.refused.length;
  byId("refused-shown").textContent = shown ?? "";
  byId("refused-lines").textContent = mistakes.join("\n");
  byId("effective").textContent = found.effective;
  byId("changes").textContent = found.changes || "nothing";
  pins = found.pins;
  byId("unkept").replaceChildren(...(found.unkept.length ? found.unkept.map(({ promise, setting, reason, remedy }) => {
    const item = made("li");
    item.append(made("b", promise), made("span", `${setting}: ${reason}; ${remedy}`));
    return item;
  }) : [made("li", "nothing: every promise of docs/worlds.md can be kept", "good")]));
}

async function checkFile(file) {
  const report = byId("report");
  report.hidden = false;
  if (file.size > MAX_FILE_BYTES) {
    report.textContent = `${file.name} is not examined: it is larger than ${MAX_FILE_BYTES / 1024} KiB`;
    return;
  }
  report.textContent = `checking ${file.name} …`;
  const answer = await fetch("/technician/check", { method: "POST", body: await file.arrayBuffer() });
  report.textContent = await answer.text();
}

// ---- log

function showLog(lines) {
  const list = byId("lines"), least = LEVELS.indexOf(byId("level").value);
  const atEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 8;
  if (lines.length && lines.at(-1).n < loggedUpTo) loggedUpTo = 0; // the kiosk has started again
  for (const line of lines.filter(({ n }) => n > loggedUpTo)) {
    const item = made("li", `${line.at.slice(11, 23)} ${line.level.toUpperCase().padEnd(7)} ${line.name}: ${line.text}`, line.level);
    item.hidden = LEVELS.indexOf(line.level) < least;
    list.append(item);
    loggedUpTo = line.n;
  }
  while (list.children.length > 500) list.firstChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function filterLog() {
  const least = LEVELS.indexOf(byId("level").value);
  for (const item of byId("lines").children) item.hidden = LEVELS.indexOf(item.className) < least;
}

// ---- start

addEventListener("hashchange", choosePart);
addEventListener("resize", drawAgain);
byId("level").addEventListener("change", filterLog);
byId("file").addEventListener("change", ({ target }) => target.files[0] && checkFile(target.files[0]));
document.body.addEventListener("dragover", (event) => event.preventDefault());
document.body.addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer.files[0];
  if (file) {
    location.hash = "settings";
    checkFile(file);
  }
});
setInterval(refresh, 5000);
setInterval(() => Date.now() - lastLine > LOST_MS && showLive(null), 1000);
choosePart();
const source = new EventSource("/technician/live");
source.onopen = () => showSettings().catch(console.warn); // also after a new start of this page's server
source.onmessage = (event) => {
  lastLine = Date.now();
  showLive(JSON.parse(event.data));
};
source.addEventListener("beat", () => { lastLine = Date.now(); });

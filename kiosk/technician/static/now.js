// The part "Now": the situation with its wait, and the last reading of each device.

import { duration, made, pairs, table, words } from "./elements.js";
import { draw, header, trace } from "./plots.js";

const STALE_S = 5; // a heartbeat that is older is shown in red
const WAITS = {
  starting: "The kiosk waits for its devices.",
  idle: "The kiosk waits for a visitor.",
  waiting_for_doors: "The kiosk waits until the doors are shut and the visitor is seen.",
  warned: "The visitor waits for the spray.",
  spray_requested: "The kiosk waits for the sprayer.",
  spraying: "The visitor waits until the spray ends.",
  treatment_announced: "The next visitor waits: the empty chamber is about to be sprayed.",
  treatment_requested: "The kiosk waits for the sprayer, to spray the empty chamber.",
  treating: "The next visitor waits until the empty chamber is sprayed.",
  first_reading: "The visitor waits for the thermometer.",
  pause: "The visitor waits for the second measurement.",
  second_reading: "The visitor waits for the thermometer.",
  asking: "The kiosk waits for the visitor's answer by the buttons.",
  scanning: "The kiosk waits for the visitor's code.",
  checking: "The visitor waits for the check of the code.",
  admitting: "The kiosk waits until the visitor goes in.",
  second_try: "The kiosk waits for a better code of the visitor.",
  referring: "The kiosk waits until the visitor has read where to go.",
  emergency: "The doors are released. The kiosk waits for the reset of the emergency, and for the officer.",
  out_of_service: "The kiosk waits for the devices that fail. Visitors wait for the officer.",
  maintenance: "The kiosk waits for the technician's key. Visitors wait for the officer.",
};

const byId = (id) => document.getElementById(id);
const degrees = (value) => `${value.toFixed(2)} °C`;

export function showNow(live, pins) {
  byId("phase").textContent = words(live.situation);
  const left = live.left_s === null ? "" : `, at most ${duration(live.left_s)} more`;
  byId("waits").textContent = [
    WAITS[live.situation] ?? "",
    `For ${duration(live.since_s)}${left}.`,
    live.unanswered.length ? `No answer yet from: ${live.unanswered.map(words).join(", ")}.` : "",
    live.few_people ? "Too few people were measured so far for the relative rule; the fixed rule applies." : "",
  ].filter(Boolean).join(" ");
  showVisit(live);
  byId("faults").replaceChildren(...(live.faults.length ? live.faults.map(faultOf) : [made("li", "none", "good")]));
  table(byId("doors"), ["door", "lock", "contact"], Object.entries(live.doors).map(([name, door]) => [
    words(name), door.locked === undefined ? "none" : door.locked ? "locked" : "unlocked", door.open === undefined ? "none" : door.open ? "open" : "shut",
  ]));
  const outputs = Object.entries(live.outputs).filter(([name]) => !name.endsWith("door"));
  pairs(byId("outputs"), outputs.map(([name, value]) => [words(name), Array.isArray(value) ? value.join(", ") || "dark" : value, value === "spraying" ? "active" : ""]));
  showDevices(live);
  const ages = Object.entries(live.inputs).map(([name, on]) => [words(name), on ? "active" : "at rest", `${duration(live.inputs_age_s[name] ?? 0)}`]);
  table(byId("inputs"), ["input", "level", "for"], ages);
  pairs(byId("clock"), [
    ["UTC", live.clock.utc.replace("T", " ").slice(0, 19)],
    ["trusted", live.clock.sure ? "yes" : `no${live.clock.fault ? ` (${words(live.clock.fault)})` : ""}`, live.clock.sure ? "" : "bad"],
    ["program runs for", duration(live.kiosk.up_s)],
    ["version", live.kiosk.version],
    ...(live.kiosk.bundle === null ? [] : [["bundle", String(live.kiosk.bundle || "none")]]),
  ]);
  const used = {};
  for (const [name, gpio] of Object.entries(pins)) used[gpio] = [name, isOn(name, live)];
  draw(byId("header-picture"), (width) => header(used, width));
}

function showVisit({ visit, reading }) {
  pairs(byId("visit"), visit ? [
    ["visit", String(visit.number)],
    ["steps done", visit.done.join(", ") || "none"],
    ...(visit.ahead.length ? [["known ahead", visit.ahead.join(", ")]] : []),
    ...(visit.scheme ? [["code", words(visit.scheme)]] : []),
    ...(visit.wrong_codes ? [["codes that were no credential", String(visit.wrong_codes)]] : []),
    ...(visit.notice ? [["told", words(visit.notice)]] : []),
    ...(reading ? [
      ["skin, sensor itself", `${degrees(reading.skin_c)}, ${degrees(reading.ambient_c)}`],
      ["estimate, limit", `${degrees(reading.body_c)}, ${reading.high_c === null ? "fixed" : degrees(reading.high_c)} (shown now, stored nowhere)`],
    ] : []),
    ...(visit.body_c === null || reading ? [] : [["temperature", `${visit.body_c.toFixed(1)} °C (shown now, stored nowhere)`]]),
  ] : []);
}

// Each row: the device, its last reading, and the age of that reading.
function showDevices(live) {
  const rows = [];
  const { thermometer, scanner } = live;
  if (thermometer) {
    rows.push(["thermometer", `in front of it ${degrees(thermometer.object_c)}, itself ${degrees(thermometer.ambient_c)}`, ago(thermometer.age_s)]);
    rows.push(["empty spot", thermometer.empty_c === null ? "not known yet" : degrees(thermometer.empty_c), ""]);
  } else if ("thermometer" in live.workers) {
    rows.push(["thermometer", "no reading since the last visit", ""]);
  }
  if (scanner?.figures) {
    const { frames_hz, decodes, median_ms, p95_ms, level } = scanner.figures;
    rows.push(["camera", `${frames_hz.toFixed(1)} frames a second, brightness ${level.toFixed(0)} of 255`, ""]);
    rows.push(["decoding", decodes ? `median ${median_ms.toFixed(0)} ms, 95 of 100 within ${p95_ms.toFixed(0)} ms (the last ${decodes})` : "nothing decoded yet", ""]);
  }
  if (scanner?.sight) rows.push(["scanner", scanner.sight.hint ? `hint: ${words(scanner.sight.hint)}` : `a code of ${scanner.sight.length} bytes${scanner.sight.prefix ? `, ${scanner.sight.prefix}` : ""}`, ago(scanner.sight.age_s)]);
  if (scanner?.restarts) rows.push(["scanner", `started again ${scanner.restarts} times`, ""]);
  for (const [name, age] of Object.entries(live.workers)) rows.push([`${words(name)} worker`, age > STALE_S ? "no heartbeat" : "heartbeat", ago(age)]);
  table(byId("devices"), ["device", "last reading", "age"], rows);
  byId("trace-card").hidden = live.trace.length < 2;
  if (live.trace.length > 1) draw(byId("trace"), (width) => trace(live.trace, width));
}

function ago(seconds) {
  return seconds < 10 ? `${seconds.toFixed(1)} s` : duration(seconds);
}

function isOn(setting, live) {
  const [section, part] = setting.split(".");
  if (section === "inputs") return live.inputs[part] ?? false;
  if (section === "lights") return (live.outputs.lights ?? []).includes(part.replace("_pin", ""));
  return { door: live.outputs.door === "unlocked", street_door: live.outputs.street_door === "unlocked", sprayer: live.outputs.sprayer === "spraying" }[section] ?? false;
}

function faultOf({ device, code, cause, remedy }) {
  const item = made("li");
  item.append(made("b", `${words(device)}: ${words(code)}`), made("span", cause), made("br"), made("span", `→ ${remedy}`));
  return item;
}

export function showMachine({ disk = {}, cpu_c, throttled, key_lists = [] }) {
  pairs(byId("computer"), [
    ["disk", disk.trouble ?? `${disk.free_mb} of ${disk.total_mb} MB free`, disk.trouble || disk.free_mb < 500 ? "bad" : ""],
    ["processor", cpu_c === null || cpu_c === undefined ? "not known" : `${cpu_c.toFixed(0)} °C`, cpu_c > 80 ? "bad" : ""],
    ["power", throttled ? (throttled === "0" ? "voltage was always good" : `flags ${throttled}: low voltage or too hot`) : "not known", throttled && throttled !== "0" ? "bad" : ""],
    ...key_lists.map((list) => [`keys ${list.name ?? ""}`, list.trouble ?? `${words(list.scheme)}: number of keys ${list.keys}, age ${list.days} days`, list.trouble ? "bad" : ""]),
  ]);
}

// The visitor's page: receives screens and shows the newest. It never sends data to the kiosk.

import { Countdown } from "./countdown.js";
import { showMachine } from "./machine.js";

const LOST_MS = 5000; // the server sends a screen or a beat at least every 2 s
const RETRY_MS = 1000;
const MIN_FIT = 0.5;

const settings = JSON.parse(document.body.dataset.settings);
const find = (selector) => document.querySelector(selector);
const visitor = find("#visitor");
const stage = find("#stage");
const message = find("#message");
const countdown = new Countdown(
  [find("#ring .left"), find("#bar .left")],
  find("#seconds b"),
  () => visitor.classList.add("hurry"),
);

let shown = "";
let pictures = 0;

// ---- stream

let source;
let silence;
let retry;

function listen() {
  clearTimeout(retry);
  source?.close();
  source = new EventSource("/events");
  source.onmessage = (event) => {
    heard();
    show(JSON.parse(event.data));
  };
  source.addEventListener("beat", heard);
  source.onerror = () => {
    source.close();
    clearTimeout(retry);
    retry = setTimeout(listen, RETRY_MS);
  };
}

function heard() {
  clearTimeout(silence);
  silence = setTimeout(lost, LOST_MS);
}

// Called after LOST_MS without a message. The screen may be wrong and may still show data of the last visitor.
function lost() {
  showScreen({
    phase: "lost",
    tone: "attention",
    icon: "officer",
    words: settings.lost,
    countdown: null,
    marks: [],
    referral: null,
    code: null,
    preview: false,
  });
  listen();
  heard();
}

// ---- screen

function show(screen) {
  if (settings.build && settings.build !== screen.build) window.location.reload();
  settings.build = screen.build;
  showScreen(screen);
}

function showScreen(screen) {
  const { countdown: time, ...rest } = screen;
  const now = JSON.stringify(rest);
  if (now !== shown) {
    shown = now;
    showParts(screen);
  }
  visitor.classList.remove("hurry");
  visitor.classList.toggle("counting", Boolean(time));
  countdown.show(time);
  fit();
}

function showParts(screen) {
  visitor.dataset.tone = screen.tone;
  visitor.dataset.phase = screen.phase;
  visitor.dataset.icon = screen.icon;
  find("#icon use").setAttribute("href", `#icon-${screen.icon}`);
  find("#words").setAttribute("aria-live", screen.tone === "danger" ? "assertive" : "polite");
  find("#words").replaceChildren(...screen.words.map(wordsOf));
  find("#marks").replaceChildren(...screen.marks.map(markOf));
  showPlace(screen);
  showCamera(screen.preview);
}

function wordsOf(words) {
  const block = element("div", "language");
  block.lang = words.language;
  block.append(element("h1", "headline", words.headline));
  if (words.notice) block.append(withIcon("notice", element("p", "notice"), words.notice));
  else if (words.instruction) block.append(element("p", "instruction", words.instruction));
  for (const name of ["place", "figure", "aside", "fault"]) {
    if (words[name]) block.append(element("p", name, words[name]));
  }
  return block;
}

function markOf(mark) {
  const item = element("li", mark.standing);
  if (mark.standing === "current") item.setAttribute("aria-current", "step");
  const names = element("span", "names");
  names.append(...inEachLanguage(mark.words));
  item.append(icon(mark.standing === "done" ? "done" : mark.icon), names);
  return item;
}

function showPlace({ referral, code, words }) {
  find("#place").hidden = !referral && !code;
  find("#address").hidden = !referral;
  for (const [name, key] of [["title", "title"], ["street", "address"], ["hours", "hours"]]) {
    find(`#address .${name}`).textContent = referral?.[key] ?? "";
  }
  find("#code").hidden = !code;
  if (!code) return;
  find("#code svg").setAttribute("viewBox", `-4 -4 ${code.size + 8} ${code.size + 8}`);
  find("#code path").setAttribute("d", code.path);
  find("#code figcaption").replaceChildren(...inEachLanguage(words.map((word) => word.caption)));
}

function showCamera(wanted) {
  const preview = find("#preview");
  find("#camera").hidden = !wanted;
  find("#disc").hidden = wanted;
  if (wanted && !preview.hasAttribute("src")) preview.src = `/preview?${++pictures}`;
  if (!wanted) preview.removeAttribute("src");
}

// ---- small parts

function element(tag, name, text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = text;
  return made;
}

function inEachLanguage(words) {
  return words.map((word, i) => {
    const part = element("span", "", word);
    part.lang = settings.languages[i];
    return part;
  });
}

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.setAttribute("viewBox", "0 0 120 120");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

function withIcon(name, block, text) {
  block.append(icon(name), element("span", "", text));
  return block;
}

// The technician may change the sentences; the font is made smaller until the longest one fits.
function fit() {
  let size = 1;
  do {
    stage.style.setProperty("--fit", size.toFixed(2));
    size -= 0.04;
  } while (size > MIN_FIT && [stage, message].some(overflows));
}

function overflows(box) {
  return box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1;
}

find("#seconds span").append(...inEachLanguage(settings.seconds));
find("#hold").append(...inEachLanguage(settings.hold_here));
if (settings.simulated) {
  document.body.classList.add("simulated");
  find("#simulation").hidden = false;
  find("#simulation").textContent = settings.simulation.join(" · ");
  showMachine(find("#machine"));
}
new ResizeObserver(fit).observe(visitor);
heard();
listen();

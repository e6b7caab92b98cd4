// The visitor's page: receives screens and shows the newest. It never sends data to the kiosk.

import { Countdown } from "./countdown.js";
import { Parts } from "./parts.js";

const LOST_MS = 5000; // the server sends a screen or a beat at least every 2 s
const RETRY_MS = 1000;

// Pairs of scales that are tried one after the other: the scale of all texts, and that of the small texts.
const FITS = [
  ...[1, 0.93, 0.86, 0.79, 0.72, 0.66].map((small) => [1, small]),
  ...Array.from({ length: 12 }, (_, i) => [0.96 - 0.04 * i, 0.66]),
];

const settings = JSON.parse(document.body.dataset.settings);
const find = (selector) => document.querySelector(selector);
const visitor = find("#visitor");
const stage = find("#stage");
const parts = new Parts(settings);
const countdown = new Countdown(
  [find("#ring .left"), find("#bar .left")],
  find("#seconds b"),
  () => visitor.classList.add("hurry"),
);

let shown = "";

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
  for (const animation of find("#broken").getAnimations()) animation.currentTime = 0;
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
    codes: [],
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
    parts.show(screen);
  }
  visitor.classList.remove("hurry");
  visitor.classList.toggle("counting", Boolean(time));
  countdown.show(time);
  fit();
}

// A site's own sentences may be long. First the small texts shrink until everything fits, then all texts.
function fit() {
  for (const [all, small] of FITS) {
    stage.style.setProperty("--fit", all);
    stage.style.setProperty("--fit-small", small);
    if (![stage, ...stage.children].some(overflows)) return;
  }
}

function overflows(box) {
  return box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1;
}

new ResizeObserver(fit).observe(visitor);
heard();
listen();

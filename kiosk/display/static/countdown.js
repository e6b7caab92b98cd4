// The countdown: a ring (or a bar under the live picture) that empties, and the number of seconds left.

const HURRY_S = 10;
const LONG_S = 20; // shorter countdowns have no warning: `display.speech` has the same limits

export class Countdown {
  // lines: elements with a pathLength of 1. onHurry: called once, HURRY_S before the end of a long countdown.
  constructor(lines, figure, onHurry) {
    this.lines = lines;
    this.figure = figure;
    this.onHurry = onHurry;
    this.animations = [];
  }

  // Starts a countdown with `left_s` of `total_s` seconds left; null hides the countdown.
  show(countdown) {
    this.stop();
    this.figure.parentElement.hidden = !countdown;
    if (!countdown) return;
    const from = 1 - countdown.left_s / countdown.total_s;
    this.endsAt = performance.now() + countdown.left_s * 1000;
    this.urges = countdown.urges && countdown.total_s >= LONG_S;
    this.animations = this.lines.map((line) => this.empty(line, from, countdown.left_s));
    this.timer = setInterval(() => this.tick(), 250);
    this.tick();
  }

  stop() {
    clearInterval(this.timer);
    for (const animation of this.animations) animation.cancel();
    this.animations = [];
  }

  empty(line, from, left_s) {
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const easing = calm ? `steps(${Math.max(1, Math.ceil(left_s))})` : "linear";
    return line.animate({ strokeDashoffset: [from, 1] }, { duration: left_s * 1000, easing, fill: "forwards" });
  }

  tick() {
    const left = Math.max(0, Math.ceil((this.endsAt - performance.now()) / 1000));
    if (this.figure.textContent !== String(left)) this.figure.textContent = left;
    if (this.urges && left <= HURRY_S) {
      this.urges = false;
      this.onHurry();
    }
    if (left === 0) clearInterval(this.timer);
  }
}

// The parts of a screen: sentences, progress bar, picture, card and footer.

const find = (selector) => document.querySelector(selector);

export class Parts {
  constructor({ languages, directions, seconds, hold_here }) {
    this.languages = languages;
    this.directions = directions;
    this.pictures = 0;
    find("#seconds span").append(...this.inEachLanguage(seconds));
    find("#hold").append(...this.inEachLanguage(hold_here));
  }

  show(screen) {
    const { tone, phase, icon: name, words, marks } = screen;
    Object.assign(find("#visitor").dataset, { tone, phase, icon: name });
    find("#stage").dataset.layout = layoutOf(screen);
    find("#icon use").setAttribute("href", `#icon-${name}`);
    find("#words").setAttribute("aria-live", tone === "danger" ? "assertive" : "polite");
    const [first, ...others] = words.map(wordsOf);
    find("#first").replaceChildren(first);
    const reasons = words.map(reasonOf);
    others.forEach((block, i) => block.append(...reasons[i + 1]));
    find("#others").replaceChildren(...reasons[0], ...others);
    find("#marks").replaceChildren(...marks.map((mark) => this.markOf(mark)));
    this.showCard(screen);
    this.showCamera(screen);
    this.showFooter(screen);
    this.showTest(screen);
  }

  markOf(mark) {
    const item = element("li", mark.standing);
    if (mark.standing === "current") item.setAttribute("aria-current", "step");
    const names = element("span", "names");
    names.append(...this.inEachLanguage(mark.words));
    item.append(icon(mark.standing === "done" ? "done" : mark.icon), names);
    return item;
  }

  showCard({ place, offer, codes }) {
    find("#card").hidden = !place && codes.length === 0;
    find("#codes").replaceChildren(...codes.map((code) => this.codeOf(code)));
    find("#offer").hidden = !offer;
    if (offer) find("#offer").replaceChildren(...(place ? [] : this.inEachLanguage(offer.words)), element("b", "", offer.name));
    find("#place").hidden = !place;
    for (const name of ["title", "address", "hours"]) find(`#place .${name}`).textContent = place?.[name] ?? "";
    find("#card").classList.toggle("alone", codes.length === 0);
    const way = place?.arrow ? [icon(`to-${place.arrow}`)] : codes.length === 0 ? [icon("place")] : [];
    if (place?.distance) way.push(element("span", "", place.distance));
    find("#place .way").replaceChildren(...way);
  }

  codeOf({ size, path, captions }) {
    const figure = element("figure", "code");
    const svg = vector("svg", { viewBox: `-4 -4 ${size + 8} ${size + 8}`, "shape-rendering": "crispEdges" });
    svg.append(vector("path", { d: path }));
    const caption = element("figcaption", "");
    caption.append(...this.inEachLanguage(captions));
    figure.append(svg, caption);
    return figure;
  }

  // While a code is checked, the frame is green and without a picture.
  showCamera({ preview: wanted = false, read = false }) {
    const preview = find("#preview");
    find("#camera").hidden = !wanted && !read;
    find("#camera").classList.toggle("read", read);
    find("#sample use").setAttribute("href", read ? "#icon-tick" : "#icon-phone");
    find("#disc").hidden = wanted || read;
    if (wanted && !preview.hasAttribute("src")) preview.src = `/preview?${++this.pictures}`;
    if (!wanted) preview.removeAttribute("src");
  }

  showFooter({ aside, figure, footnote, fault }) {
    const rows = [];
    if (aside) {
      const box = element("div", "aside");
      box.append(icon(aside.icon), ...this.inEachLanguage(aside.words));
      rows.push(box);
    }
    for (const [name, words] of Object.entries({ figure, footnote, fault: fault?.words })) {
      if (!words) continue;
      const line = element("p", name);
      line.append(...this.inEachLanguage(words));
      if (name === "fault" && fault.telephone) line.append(icon("telephone"), element("span", "", fault.telephone));
      rows.push(line);
    }
    find("footer").replaceChildren(...rows);
  }

  // The technician's test picture: a frame at the four edges, colours, a number, and the size in pixels of the screen.
  showTest({ test = "" }) {
    find("#test").hidden = !test;
    find("#test b").textContent = test;
    const [width, height] = [window.innerWidth, window.innerHeight].map((side) => Math.round(side * window.devicePixelRatio));
    find("#test span").textContent = `${width} × ${height}`;
  }

  inEachLanguage(words) {
    return words.map((word, i) => {
      const part = element("span", "", word);
      part.lang = this.languages[i];
      part.dir = this.directions[i];
      return part;
    });
  }
}

// A place, or a code without a live picture, takes the area of the picture.
function layoutOf({ place, codes, preview, read }) {
  if (place) return "referral";
  if (codes.length === 0) return "picture";
  return preview || read ? "both" : "code";
}

function wordsOf(words) {
  const block = element("div", "language");
  block.lang = words.language;
  block.dir = words.direction;
  block.append(element("h1", "headline", words.headline));
  if (words.notice) {
    const notice = element("p", "notice");
    notice.append(icon("notice"), element("span", "", words.notice));
    block.append(notice);
  } else if (words.instruction) {
    block.append(element("p", "instruction", words.instruction));
  }
  return block;
}

// Why a visitor is referred, in small letters; nothing on other screens.
function reasonOf({ language, direction, reason }) {
  if (!reason) return [];
  const line = element("p", "reason", reason);
  line.lang = language;
  line.dir = direction;
  return [line];
}

function element(tag, name, text = "") {
  const made = document.createElement(tag);
  if (name) made.className = name;
  made.textContent = text;
  return made;
}

function vector(tag, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function icon(name) {
  const svg = vector("svg", { viewBox: "0 0 120 120", "aria-hidden": "true" });
  svg.append(vector("use", { href: `#icon-${name}` }));
  return svg;
}

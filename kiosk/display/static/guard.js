// Shows "please see the officer" when another script of the page fails, and loads the page again when the kiosk answers.

const AGAIN_MS = 10000;

function failed({ target }) {
  if (target !== window && target.tagName !== "SCRIPT") return;
  document.documentElement.classList.add("broken");
  setTimeout(loadAgain, AGAIN_MS);
}

// Reloads only when the kiosk answers: otherwise the browser shows its own error page, which never loads this one again.
async function loadAgain() {
  try {
    await fetch("/");
    window.location.reload();
  } catch {
    setTimeout(loadAgain, AGAIN_MS);
  }
}

window.addEventListener("error", failed, true);
window.addEventListener("unhandledrejection", failed);

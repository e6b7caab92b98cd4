// Sends the password without leaving the page: the page's policy allows no form to be sent by itself.
"use strict";

document.getElementById("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = new URLSearchParams({ password: document.getElementById("password").value });
  const answer = await fetch("/office/login", { method: "POST", body });
  if (answer.redirected) {
    location.href = answer.url;
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.getElementById("message").textContent = page.getElementById("message")?.textContent ?? "Try again later.";
});

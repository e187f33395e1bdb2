"use strict";

// Looks every three seconds whether anything has changed, and shows it without touching
// what the reader types, the focus or the place on the page.
const parts = ["clock", "jobs"];

async function look() {
  if (document.hidden) return;
  let text = "";
  try {
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    text = await answer.text();
    said("");
  } catch {
    said("The sandbox does not answer: what stands here is as it was.");
    return;
  }
  const fresh = new DOMParser().parseFromString(text, "text/html");
  for (const id of parts) renew(document.getElementById(id), fresh.getElementById(id));
}

function renew(shown, fresh) {
  if (!shown || !fresh || shown.innerHTML === fresh.innerHTML) return;
  const focused = shown.contains(document.activeElement) ? document.activeElement.id : "";
  shown.replaceChildren(...fresh.childNodes);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function said(text) {
  const lost = document.getElementById("lost");
  if (lost.textContent !== text) lost.textContent = text;
}

setInterval(look, 3000);

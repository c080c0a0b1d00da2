// The ticket page: solutions that arrive by themselves, drafts that survive, keys.
import { pulse } from "./pulse.js";

export function ticket(page) {
  if (!page) return;
  const help = document.getElementById("suggestions");
  if (help.getAttribute("aria-busy") === "true") load(help, help.dataset.load);
  help.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-help-search]");
    if (!form) return;
    event.preventDefault();
    const words = form.elements.q.value.trim();
    load(help, words ? `${help.dataset.load}?q=${encodeURIComponent(words)}` : help.dataset.load);
  });
  help.addEventListener("click", (event) => opened(event, page));
  help.addEventListener("auxclick", (event) => opened(event, page));
  pulse(page, () => load(help, help.dataset.load));
  choices(page);
  drafts(page);
  keys(page);
}

async function load(help, address) {
  for (const part of help.querySelectorAll("[data-waiting]")) part.hidden = false;
  for (const part of help.querySelectorAll("[data-plain]")) part.hidden = true;
  help.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { headers: { "X-Fragment": "1" } });
    if (!answer.ok) throw new Error(String(answer.status));
    help.innerHTML = await answer.text();
  } catch {
    for (const part of help.querySelectorAll("[data-waiting]")) part.hidden = true;
    for (const part of help.querySelectorAll("[data-plain]")) part.hidden = false;
  } finally {
    help.setAttribute("aria-busy", "false");
  }
}

// Tells the server that an article was opened; the browser goes there meanwhile.
function opened(event, page) {
  const link = event.target.closest("[data-opened]");
  if (!link) return;
  const card = link.closest(".card");
  const form = card?.querySelector(".card-actions form");
  if (!form) return;
  const told = new FormData(form);
  told.set("kind", "open");
  navigator.sendBeacon(form.action, told);
}

// Search as you type for clients and configuration items.
function choices(page) {
  let waiting = 0;
  page.addEventListener("input", (event) => {
    const field = event.target.closest("[data-suggest]");
    if (!field) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => fill(field), 150);
  });
}

async function fill(field) {
  const words = field.value.trim();
  if (!words) return;
  const answer = await fetch(`${field.dataset.suggest}?q=${encodeURIComponent(words)}`, { headers: { "X-Fragment": "1" } });
  if (!answer.ok || field.value.trim() !== words) return;
  const options = (await answer.json()).map((found) => {
    const option = document.createElement("option");
    option.value = found.value;
    option.label = found.label;
    return option;
  });
  field.list.replaceChildren(...options);
}

function drafts(page) {
  const name = `draft-${page.dataset.ticket}`;
  const composer = () => document.getElementById("composer");
  try {
    if (composer() && !composer().value) composer().value = sessionStorage.getItem(name) ?? "";
    page.addEventListener("input", (event) => {
      if (event.target === composer()) sessionStorage.setItem(name, composer().value);
    });
    page.addEventListener("submit", (event) => {
      if (event.target.matches(".composer")) sessionStorage.removeItem(name);
    });
  } catch {
    // A browser without storage loses nothing but this comfort.
  }
}

function keys(page) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input, textarea, select, dialog")) return;
    if (event.key === "r") focus(event, document.getElementById("composer"));
    else if (event.key === "e") {
      const field = document.getElementById("resolution-text");
      if (field) field.closest("details").open = true;
      focus(event, field);
    }
  });
}

function focus(event, field) {
  if (!field) return;
  event.preventDefault();
  field.focus();
}

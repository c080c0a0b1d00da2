// Forms marked with data-fragment change one part of the page; without a script they load it anew.
import { toast } from "./toast.js";

export function fragments() {
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-fragment]");
    if (!form || event.defaultPrevented) return;
    event.preventDefault();
    send(form, event.submitter);
  });
}

async function send(form, submitter) {
  const part = document.getElementById(form.dataset.fragment);
  const body = new FormData(form, submitter);
  if (form.hasAttribute("data-quote")) quote(form.elements.quote.value);
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body, headers: { "X-Fragment": "1" } });
    const html = await answer.text();
    if (isWholePage(html)) {
      toast(said(html), { isFault: true });
      return;
    }
    if (![200, 409, 422].includes(answer.status)) throw new Error(String(answer.status));
    const draft = unsent();
    part.innerHTML = html;
    keep(draft, form);
    part.dispatchEvent(new CustomEvent("replaced", { bubbles: true }));
    const message = answer.headers.get("X-Toast");
    if (message) toast(decodeURIComponent(message));
    focusInside(part);
  } catch {
    toast(document.getElementById("load-failed").textContent, { isFault: true });
  } finally {
    form.removeAttribute("aria-busy");
  }
}

// An error has a page of its own; what it says is said here, and everything typed stays.
function isWholePage(html) {
  return /^\s*<!doctype/i.test(html);
}

function said(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const texts = [...page.querySelectorAll("main h1, main .error-words")].map((part) => part.textContent);
  return texts.join(" ") || document.getElementById("load-failed").textContent;
}

// What somebody is writing must survive every other change of the page.
function unsent() {
  return document.getElementById("composer")?.value ?? "";
}

function keep(text, form) {
  const composer = document.getElementById("composer");
  if (composer && !composer.value && !form.classList.contains("composer")) composer.value = text;
}

function quote(text) {
  const composer = document.getElementById("composer");
  if (!composer) return;
  composer.value = composer.value ? `${composer.value}\n\n${text}` : text;
  composer.scrollIntoView({ block: "center" });
}

function focusInside(part) {
  const open = part.querySelector("details[open].action textarea, details[open].action select");
  const alert = part.querySelector("[role=alert]");
  if (open) {
    open.scrollIntoView({ block: "nearest" });
    open.focus();
  } else if (alert) {
    alert.tabIndex = -1;
    alert.focus();
  }
}

// Results while typing: after a pause, the newest request wins.
import { keepText, takeKeptText } from "./preferences.js";

const PAUSE_MS = 200;

export function liveSearch(form) {
  if (!form) return;
  const field = form.querySelector("textarea");
  const results = document.getElementById("results");
  const start = document.getElementById("start");
  const announce = document.getElementById("announce");
  const csrf = document.querySelector("meta[name=csrf-token]").content;
  const longestTyped = Number(form.dataset.longest);
  let timer = 0;
  let request = null;
  let shownText = results.childElementCount ? field.value : "";

  const isTicket = (text) => text.trim().includes("\n") || text.length > longestTyped;

  // A draft is still being typed; only complete tickets teach the search.
  function ask(text, draft, signal) {
    if (!isTicket(text)) return fetch(`${form.dataset.results}?q=${encodeURIComponent(text)}`, { headers: { "X-Fragment": "1" }, signal });
    const body = new URLSearchParams({ q: text });
    if (draft) body.set("draft", "1");
    const headers = { "X-CSRFToken": csrf, "X-Fragment": "1" };
    return fetch(form.dataset.suggest, { method: "POST", body, headers, signal });
  }

  // A short question is part of the address; a ticket stays with this entry of the history.
  function remember(text) {
    const short = text.trim() && !isTicket(text);
    history.replaceState({ text }, "", short ? `?q=${encodeURIComponent(text)}` : location.pathname);
  }

  function show(content, text, message) {
    results.replaceChildren(...content);
    results.removeAttribute("aria-busy");
    start.hidden = Boolean(text.trim());
    announce.textContent = message;
    shownText = text;
  }

  async function run(draft = false) {
    clearTimeout(timer);
    request?.abort();
    const text = field.value;
    remember(text);
    if (!text.trim()) {
      show([], "", "");
      return;
    }
    const mine = new AbortController();
    request = mine;
    results.setAttribute("aria-busy", "true");
    try {
      const answer = await ask(text, draft, mine.signal);
      if (answer.status === 401) signInAgain(field.value);
      if (!answer.ok) throw new Error(String(answer.status));
      const fragment = document.createRange().createContextualFragment(await answer.text());
      const said = fragment.querySelector("[data-announce]")?.dataset.announce ?? "";
      if (request === mine) show([fragment], text, said);
    } catch (error) {
      if (error.name !== "AbortError" && request === mine) show([failure()], text, "");
    }
  }

  // The session has ended: sign in, and find the text again.
  function signInAgain(text) {
    keepText(text);
    location.reload();
  }

  function failure() {
    const message = document.createElement("p");
    message.className = "notice notice-bad";
    message.setAttribute("role", "alert");
    message.textContent = results.dataset.failed;
    return message;
  }

  // For browsers that do not size a field by its content.
  function grow() {
    if (CSS.supports("field-sizing", "content")) return;
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + 2}px`;
  }

  function fill(text) {
    field.value = text;
    grow();
    field.focus();
    run();
  }

  field.addEventListener("input", (event) => {
    grow();
    clearTimeout(timer);
    const pasted = event.inputType === "insertFromPaste";
    timer = setTimeout(() => run(!pasted), field.value.trim() ? PAUSE_MS : 0);
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const cards = results.querySelectorAll(".card h3 a");
    const atEnd = field.selectionStart === field.value.length;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (field.value === shownText && cards.length) cards[0].focus();
      else run();
    } else if (event.key === "ArrowDown" && atEnd && cards.length) {
      event.preventDefault();
      cards[0].focus();
    } else if (event.key === "Escape" && field.value) {
      event.preventDefault();
      fill("");
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  start.addEventListener("click", (event) => {
    const sample = event.target.closest("[data-sample]");
    const example = event.target.closest("[data-example]");
    if ((!sample && !example) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    fill(sample ? sample.form.elements.q.value : example.textContent);
  });

  const kept = takeKeptText() ?? history.state?.text;
  if (kept && kept !== field.value) fill(kept);
  field.setSelectionRange(field.value.length, field.value.length);
  grow();
}

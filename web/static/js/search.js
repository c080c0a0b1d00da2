// Results while typing: after a pause, the newest request wins.
const PAUSE_MS = 200;
const LONGEST_TYPED = 300;

export function liveSearch(form) {
  if (!form) return;
  const field = form.querySelector("textarea");
  const results = document.getElementById("results");
  const start = document.getElementById("start");
  const announce = document.getElementById("announce");
  const csrf = document.querySelector("meta[name=csrf-token]").content;
  let timer = 0;
  let request = null;

  const isTicket = (text) => text.trim().includes("\n") || text.length > LONGEST_TYPED;

  function ask(text, signal) {
    if (!isTicket(text)) return fetch(`${form.dataset.results}?q=${encodeURIComponent(text)}`, { signal });
    const body = new URLSearchParams({ q: text });
    const headers = { "X-CSRFToken": csrf, "X-Fragment": "1" };
    return fetch(form.dataset.suggest, { method: "POST", body, headers, signal });
  }

  async function run() {
    clearTimeout(timer);
    request?.abort();
    const text = field.value;
    start.hidden = Boolean(text.trim());
    if (!isTicket(text)) history.replaceState(null, "", text.trim() ? `?q=${encodeURIComponent(text)}` : location.pathname);
    if (!text.trim()) {
      results.replaceChildren();
      announce.textContent = "";
      return;
    }
    request = new AbortController();
    results.setAttribute("aria-busy", "true");
    try {
      const answer = await ask(text, request.signal);
      if (!answer.ok) throw new Error(String(answer.status));
      results.innerHTML = await answer.text();
      announce.textContent = results.querySelector("[data-announce]")?.dataset.announce ?? "";
      results.removeAttribute("aria-busy");
    } catch (error) {
      if (error.name === "AbortError") return;
      results.removeAttribute("aria-busy");
      const message = document.createElement("p");
      message.className = "notice notice-bad";
      message.setAttribute("role", "alert");
      message.textContent = results.dataset.failed;
      results.replaceChildren(message);
    }
  }

  function grow() {
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight + 2}px`;
  }

  field.addEventListener("input", () => {
    grow();
    clearTimeout(timer);
    timer = setTimeout(run, PAUSE_MS);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      run();
    } else if (event.key === "Escape" && field.value) {
      field.value = "";
      grow();
      run();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
  for (const button of document.querySelectorAll("[data-sample]")) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      field.value = button.closest("form").querySelector("textarea").value;
      grow();
      field.focus();
      run();
    });
  }
  grow();
}

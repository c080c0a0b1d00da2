// A running guide: answers by number key, and both sides see how the other goes on.
const EVERY = 5000;

export function guide(run) {
  if (!run) return;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.closest("input:not([type=checkbox]), textarea, select, dialog")) return;
    const buttons = run.querySelectorAll(".answers button");
    const button = /^[1-9]$/.test(event.key) ? buttons[Number(event.key) - 1] : null;
    if (!button) return;
    event.preventDefault();
    button.click();
  });
  run.addEventListener("replaced", () => {
    history.replaceState(null, "", run.dataset.address);
    if (!run.querySelector("[role=alert]")) focusStep(run);
  });
  setInterval(() => look(run), EVERY);
}

// Where something is typed, the field; else the question, so that it is read aloud.
function focusStep(run) {
  const field = run.querySelector("#answer");
  (field ?? run.querySelector("#question"))?.focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

async function look(run) {
  const part = run.querySelector("[data-poll]");
  if (!part || document.hidden || isBusy(run)) return;
  try {
    const answer = await fetch(run.dataset.run, { headers: { "X-Fragment": "1" } });
    if (!answer.ok) return;
    const { seq } = await answer.json();
    if (String(seq) === part.dataset.seq || !part.isConnected || isBusy(run)) return;
    const fresh = await fetch(run.dataset.address, { headers: { "X-Fragment": "1" } });
    if (!fresh.ok || isBusy(run)) return;
    run.innerHTML = await fresh.text();
    run.dispatchEvent(new CustomEvent("replaced", { bubbles: true }));
  } catch {
    // The next look tries again.
  }
}

// Nothing that somebody is typing or sending may vanish.
function isBusy(run) {
  if (run.querySelector("[aria-busy=true]")) return true;
  const fields = run.querySelectorAll("input:not([type=hidden]), textarea");
  return [...fields].some((field) =>
    field.type === "checkbox" ? field.checked !== field.defaultChecked : field.value !== field.defaultValue,
  );
}

// Asks now and then whether somebody else changed the ticket, and shows it without losing a draft.
import { toast } from "./toast.js";

const EVERY_MS = 20000;

// `loadHelp` is called when the requester has written more.
export function pulse(page, loadHelp) {
  const head = () => page.querySelector("[data-version]").dataset;
  page.addEventListener("replaced", () => {
    if (page.dataset.said !== head().said) loadHelp();
    page.dataset.said = head().said;
  });
  page.dataset.said = head().said;
  setInterval(async () => {
    if (document.hidden || page.querySelector("details[open].action")) return;
    try {
      const answer = await fetch(page.dataset.pulse, { headers: { "X-Fragment": "1" } });
      if (!answer.ok) return;
      const now = await answer.json();
      if (String(now.version) === head().version && String(now.comments) === head().comments) return;
      await refresh(page);
      toast(page.dataset.changed);
    } catch {
      // The next round asks again.
    }
  }, EVERY_MS);
}

async function refresh(page) {
  const part = document.getElementById("work");
  const answer = await fetch(page.dataset.work, { headers: { "X-Fragment": "1" } });
  if (!answer.ok) return;
  const composer = () => document.getElementById("composer");
  const draft = composer()?.value ?? "";
  const writing = document.activeElement === composer();
  part.innerHTML = await answer.text();
  if (composer()) composer().value = draft;
  if (writing) composer()?.focus();
  part.dispatchEvent(new CustomEvent("replaced", { bubbles: true }));
}

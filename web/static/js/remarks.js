// "Report a problem with this paragraph": one button follows the paragraph under the pointer.
import { toast } from "./toast.js";

export function remarks(article) {
  const flag = document.getElementById("flag");
  const dialog = document.getElementById("remark-dialog");
  const form = dialog.querySelector("form");
  let passage = null;

  article.addEventListener("mouseover", (event) => {
    const found = event.target.closest("[data-passage]");
    if (!found || found === passage) return;
    passage = found;
    place(flag, found);
  });
  flag.addEventListener("click", () => {
    form.elements.passage.value = passage.dataset.passage;
    document.getElementById("remark-excerpt").textContent = excerpt(passage);
    passage.classList.add("flagged");
    dialog.showModal();
    form.elements.remark.focus();
  });
  dialog.addEventListener("close", () => passage.classList.remove("flagged"));
  dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form, dialog);
  });
}

// In the margin where there is one, else in the paragraph's upper corner.
function place(flag, passage) {
  flag.hidden = false;
  const frame = flag.offsetParent.getBoundingClientRect();
  const box = passage.getBoundingClientRect();
  const text = passage.closest(".prose").getBoundingClientRect();
  const margin = text.right + 6 + flag.offsetWidth <= document.documentElement.clientWidth;
  const left = margin ? text.right + 6 : text.right - flag.offsetWidth;
  flag.style.left = `${left - frame.left}px`;
  flag.style.top = `${box.top - frame.top - (margin ? 2 : flag.offsetHeight)}px`;
}

function excerpt(passage) {
  const text = passage.textContent.trim().replace(/\s+/g, " ");
  return text.length > 160 ? `${text.slice(0, 160)} …` : text;
}

async function send(form, dialog) {
  const failure = form.querySelector("[data-failure]");
  const headers = { "X-CSRFToken": form.elements.csrf_token.value, "X-Fragment": "1" };
  failure.hidden = true;
  try {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers });
    if (!answer.ok) throw new Error(String(answer.status));
    dialog.close();
    form.reset();
    toast(document.getElementById("remark-thanks").innerHTML);
  } catch {
    failure.hidden = false;
  }
}

// A copy button on every block of code.
const SHOWN_MS = 1500;

export function copyButtons(article) {
  // Browsers hand out the clipboard on secure addresses only.
  if (!navigator.clipboard) return;
  for (const block of article.querySelectorAll("pre")) {
    const frame = document.createElement("div");
    frame.className = "code";
    block.replaceWith(frame);
    frame.append(block, button(block, article.dataset));
  }
}

function button(block, words) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "copy";
  made.textContent = words.copy;
  made.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.textContent.replace(/\n$/, ""));
    made.textContent = words.copied;
    setTimeout(() => { made.textContent = words.copy; }, SHOWN_MS);
  });
  return made;
}

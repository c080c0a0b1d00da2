// Ctrl K: go anywhere by a few letters.
export function palette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const field = dialog.querySelector("input");
  const list = dialog.querySelector("ul");
  const nothing = dialog.querySelector(".palette-empty");
  let waiting = 0;
  let at = 0;

  const open = () => {
    if (dialog.open) return;
    dialog.showModal();
    field.select();
    find();
  };
  for (const button of document.querySelectorAll("[data-palette]")) {
    button.hidden = false;
    button.addEventListener("click", open);
  }
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  field.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, 120);
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("keydown", (event) => {
    const entries = [...list.children];
    if (event.key === "ArrowDown") mark(at + 1);
    else if (event.key === "ArrowUp") mark(at - 1);
    else if (event.key === "Enter" && entries[at]) location.assign(entries[at].firstChild.href);
    else return;
    event.preventDefault();
  });

  async function find() {
    const words = field.value.trim();
    const answer = await fetch(`${dialog.dataset.find}?q=${encodeURIComponent(words)}`, { headers: { "X-Fragment": "1" } });
    if (!answer.ok || field.value.trim() !== words) return;
    list.replaceChildren(...(await answer.json()).map(entry));
    nothing.hidden = list.children.length > 0;
    mark(0);
  }

  function mark(wanted) {
    const entries = [...list.children];
    at = Math.max(0, Math.min(wanted, entries.length - 1));
    entries.forEach((item, number) => item.setAttribute("aria-selected", String(number === at)));
    if (entries[at]) {
      field.setAttribute("aria-activedescendant", entries[at].id);
      entries[at].scrollIntoView({ block: "nearest" });
    }
  }
}

function entry(found, number) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  const hint = document.createElement("span");
  item.id = `palette-${number}`;
  item.setAttribute("role", "option");
  link.href = found.address;
  link.tabIndex = -1;
  link.textContent = found.label;
  hint.className = "sub";
  hint.textContent = found.hint;
  link.append(hint);
  item.append(link);
  return item;
}

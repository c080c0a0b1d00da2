// Reading aids: copy buttons, the current section, remarks on a paragraph.
export function article(body) {
  if (!body) return;
  for (const block of body.querySelectorAll("pre")) block.append(copyButton(block, body.dataset));
  for (const passage of body.querySelectorAll("[data-passage]")) {
    if (!passage.parentElement.closest("[data-passage]")) passage.append(flagButton(passage, body.dataset.report));
  }
  followSections(body);
}

function copyButton(block, words) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = words.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("code").textContent);
    button.textContent = words.copied;
    setTimeout(() => { button.textContent = words.copy; }, 1500);
  });
  return button;
}

function flagButton(passage, label) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "flag";
  button.textContent = "⚑";
  button.title = label;
  button.setAttribute("aria-label", label);
  button.addEventListener("click", () => {
    const report = document.getElementById("report");
    report.open = true;
    report.querySelector("select").value = passage.dataset.passage;
    report.scrollIntoView({ block: "center" });
    report.querySelector("#remark").focus();
  });
  return button;
}

function followSections(body) {
  const links = new Map();
  for (const link of document.querySelectorAll(".contents a")) links.set(decodeURIComponent(link.hash.slice(1)), link);
  if (!links.size) return;
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting || !links.has(entry.target.id)) continue;
      for (const link of links.values()) link.classList.remove("here");
      links.get(entry.target.id).classList.add("here");
    }
  }, { rootMargin: "0px 0px -70% 0px" });
  for (const heading of body.querySelectorAll("h2, h3")) watcher.observe(heading);
}

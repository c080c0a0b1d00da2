// The section being read, in the contents list, and a link to every section.
// A heading this near to the top, or above it, has been reached.
const REACHED_PX = 72;

export function sections(article) {
  const headings = [...article.querySelectorAll("h2[id], h3[id], h4[id]")];
  const links = new Map();
  for (const link of document.querySelectorAll(".contents a")) {
    links.set(decodeURIComponent(link.hash.slice(1)), link);
  }
  for (const heading of headings) heading.append(anchor(heading, article.dataset.link));
  follow(headings.filter((heading) => links.has(heading.id)), links);
}

function anchor(heading, label) {
  const link = document.createElement("a");
  link.className = "anchor";
  link.href = `#${encodeURIComponent(heading.id)}`;
  link.textContent = "#";
  link.title = label;
  link.setAttribute("aria-label", `${label}: ${heading.textContent}`);
  return link;
}

function follow(headings, links) {
  if (!headings.length) return;
  let waiting = false;
  const update = () => {
    waiting = false;
    const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 4 && scrollY > 0;
    const passed = headings.filter((heading) => heading.getBoundingClientRect().top < REACHED_PX);
    const here = atEnd ? headings.at(-1) : passed.at(-1) ?? headings[0];
    for (const [id, link] of links) {
      if (id === here.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(update);
  }, { passive: true });
  update();
}

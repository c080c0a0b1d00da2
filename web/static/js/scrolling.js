// Code and tables that scroll sideways can be reached with the keyboard; a graph begins at its start.
export function scrolling() {
  for (const graph of document.querySelectorAll(".graph")) {
    const start = graph.querySelector(".node rect");
    if (!start) continue;
    const { left, width } = start.getBoundingClientRect();
    graph.scrollLeft += left + width / 2 - graph.getBoundingClientRect().left - graph.clientWidth / 2;
  }
  for (const box of document.querySelectorAll(".prose pre, .prose table")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
}

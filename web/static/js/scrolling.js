// Code and tables that scroll sideways can be reached with the keyboard.
export function scrolling() {
  for (const box of document.querySelectorAll(".prose pre, .prose table")) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
}

"""Markdown files to articles and chunks.

``model`` holds the values. ``library`` reads a folder, ``plain`` takes the markup away for
searching, ``markdown`` renders for reading (``dialect`` understands GitHub's Markdown),
``chunking`` cuts articles into passages. ``references`` finds addresses in a text, ``linked`` what
articles lead to. ``lint`` runs the rules of the ``lint_*`` files and tells owners what to mend,
``contradict`` finds the same sentence with another fact; ``reports`` keeps what readers say about a
paragraph.
"""

"""Markdown files to articles and chunks.

``library`` reads a folder, ``plain`` takes the markup away for searching, ``markdown`` renders for
reading, ``chunking`` cuts articles into passages, ``lint`` tells owners what to mend.
"""

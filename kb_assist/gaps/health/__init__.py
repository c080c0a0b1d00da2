"""What is wrong with articles and guides that exist.

Pure: ``findings`` (from use and text to points and a score) and ``contradict`` (the same sentence
with another fact). ``likeness`` finds articles that mean the same, ``texts`` keeps what is wrong
with the words of one index, ``store`` counts how articles were used; ``report`` puts it together,
the worst first.
"""

"""What is wrong with articles and guides that exist.

Pure: ``findings`` (from use and text to points and a score). ``store`` counts how articles were
used, the index says what is wrong with their texts; ``report`` puts it together, the worst first.
"""

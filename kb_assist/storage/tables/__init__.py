"""The tables, one file per aggregate; ``metadata`` holds what they share."""

"""Numbers in addresses: no row has one that the databases cannot hold."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

# Both databases number rows with 64 bits and a sign.
_LARGEST = 2**63 - 1


class RowNumber(IntegerConverter):
    """What ``<int:…>`` means in every route; a larger number fits no route."""

    # So many digits has the largest; Python refuses to read thousands of them.
    regex = r"\d{1,19}"

    def __init__(self, rule_map: Map) -> None:
        super().__init__(rule_map, max=_LARGEST)


def attach(app: Flask) -> None:
    """Before the first route is added."""
    app.url_map.converters["int"] = RowNumber

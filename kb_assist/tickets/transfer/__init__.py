"""Tickets of another system come in, and go out in a shape that comes in again.

``files`` reads rows from files, ``rows`` makes tickets of them (values in ``model``),
``importing`` stores them, ``exporting`` is the way back.
"""

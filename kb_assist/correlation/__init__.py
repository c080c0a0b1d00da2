"""What happens to many tickets at once: ``outages`` works on them together, ``match`` finds them.

``surges`` looks at new tickets, ``status`` says how the tools of a ticket
are, ``demo`` fills it all with life.
"""

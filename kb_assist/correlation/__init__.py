"""What happens to many tickets at once: ``outages`` works on them together, ``match`` finds them.

``surges`` looks at new tickets, ``surge_words`` says what they are about, ``status`` how the tools
of a ticket are; ``demo`` fills it all with life.
"""

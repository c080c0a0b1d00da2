"""What happens to many tickets at once: ``outages`` works on them together, ``match`` finds them.

``erase`` takes those who are forgotten out of what is said of many. ``surges``
looks at new tickets, ``surge_words`` says what they are about, ``status`` how the tools
of a ticket are, ``alike`` which tickets mean the same as those of an outage; ``surges_store`` holds
the queries. ``checklist`` is the morning's round. ``demo`` fills it all with life.
"""

"""What happens to many tickets at once: ``outages`` works on them together, ``match`` finds them.

``outage_edit`` says how an outage goes, ``explained`` which surges are its own. ``surges`` looks at
new tickets and ``surge_growth`` again at surges that got some; ``surge_words`` says what they are
about, ``surges_store`` holds the queries. ``alike`` tells which tickets mean the same as those of
an outage, ``status`` how the tools of a ticket are. ``checklist`` is the morning's round,
``checklist_ticket`` the ticket about one of its lines. ``erase`` takes those who are forgotten out
of what is said of many. ``demo`` fills it all with life.
"""

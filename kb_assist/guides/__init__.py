"""Troubleshooting guides: Markdown files that agents and customers follow step by step.

Reading: ``model`` (values), ``grammar``, ``step_settings``, ``wrong_value`` and ``parse`` (one file
or translation), ``conditions`` (the rule language), ``library`` (a folder), ``bundle`` (what a
session pins). Checking: ``check`` runs the ``rules_*`` files in stages, of which ``rules`` is the
catalogue; ``known`` and ``winners`` look at every path and every answer, ``cases`` and ``cover`` at
the tests of a guide, ``sample`` walks paths. Writing: ``fmt``, ``sync``, ``scaffold``. Running:
``run`` (values), ``replay`` (where a session stands), ``decide`` (the only writer of events),
``fold``, ``answers`` (input as people type it), ``view`` (what a side may see), ``labels``,
``migrate``, ``transcript``, ``sessions`` (use cases) over ``store``, which ``database_store`` is in
the database; ``links_store`` (links for customers), ``published`` (what may be run now). Looking:
``graph``, ``layout`` and ``svg``, ``analytics``, ``offer``.
"""

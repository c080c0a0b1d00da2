"""What the documentation lacks, found in tickets, proven and followed until it is closed.

Pure rules: ``model`` (values), ``space`` (tickets made comparable), ``cluster`` (groups by
meaning), ``cover`` (whether articles answer a group), ``signals`` (what people said outweighs the
index), ``measure`` (figures against known topics), ``burst`` (outages), ``identity`` (the same gap
in a later run), ``label`` (what a gap is called), ``inflow`` (tickets per week), ``effort`` (work
that a log shows), ``escalations`` (why tickets went to L2), ``roles`` (what a sentence of a
resolution tells), ``mask`` (nothing of one firm in an article), ``draft`` (an article from solved
tickets).

``stock`` reads tickets without personal data, ``signals_store`` what people said about
suggestions, ``affected`` and ``passages`` what a page shows of a gap's tickets; ``store`` and
``events`` hold the other queries.

Use cases: ``find`` (gaps in a stock of tickets), ``detect`` (keep them), ``arrange`` (name, merge,
split by hand; ``unite`` adds up the facts), ``digest`` (what changed), ``readers`` (who gets it by
mail), ``review`` (decide, prove), ``proving`` (a new index tried on all gaps), ``drafting`` and
``save`` (an article to begin with), ``report`` (what an owner reads), ``evaluate`` (figures on
labelled tickets).

``health/`` is the other half of the page for owners: articles and guides that exist.
"""

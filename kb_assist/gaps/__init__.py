"""What the documentation lacks, found in tickets, proven and followed until it is closed.

Pure rules: ``model`` (values), ``space`` (tickets made comparable), ``cluster`` (groups by
meaning), ``cover`` (whether articles answer a group), ``measure`` (figures against known topics).
``evaluate`` runs them over labelled tickets.
"""

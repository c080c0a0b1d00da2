"""What happened to tickets is told to other systems.

``announce`` writes it in the transaction in which it happens, ``store`` keeps it, ``deliver``
sends it afterwards, ``signature`` lets the receiver know who speaks.
"""

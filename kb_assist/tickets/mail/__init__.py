"""Mails become tickets, or comments on the tickets that they answer.

``message`` is a mail as a value, ``intake`` carries it out, ``fetch`` reads a mailbox.
"""

"""A ticket goes to a higher level, complete, or comes back with what was missing.

``model`` holds the values, ``dossier`` composes what a group needs to know (``templates`` say what
that is, ``words`` how it reads), ``facts`` gathers it, ``store`` holds the queries, ``escalate`` is
the use case.
"""

"""Who may do what.

``model`` holds the values, ``roles`` the one table of roles and permissions, ``passwords`` the
hashing, ``store`` the only queries. Use cases: ``accounts`` (create, change, disable, list),
``sign_in`` (password; ``lockout`` after wrong ones), ``external`` (single sign-on), ``sessions``,
``tokens``, ``demo``.
"""

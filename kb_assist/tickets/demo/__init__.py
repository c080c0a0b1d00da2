"""The invented help desk: ``queue`` loads its tickets, ``runs`` the use of its guides, and
``words`` is what its agents say.
"""

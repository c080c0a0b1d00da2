"""Clients and configuration items that tickets refer to.

``model`` holds the values, ``store`` the queries, ``importing`` brings them in from CSV.
"""

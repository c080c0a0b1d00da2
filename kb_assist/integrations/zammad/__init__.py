"""Zammad: tickets come in by webhook, suggestions and dossier links go back as internal notes."""

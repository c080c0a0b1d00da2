"""The pages, one blueprint per area; templates and assets are in ``web/``."""

"""The JSON interface, one file per area; schemas are pydantic models and make the OpenAPI text."""

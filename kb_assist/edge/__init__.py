"""What HTML pages and JSON answers share: services of the request, error mapping, limits."""

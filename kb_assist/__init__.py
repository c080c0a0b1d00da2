"""Self-hosted knowledge-base search and troubleshooting for IT support, in German and English."""

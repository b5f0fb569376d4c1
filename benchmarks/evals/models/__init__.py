"""Models of a plan: an endpoint's, a reader who answers files, an oracle; all metered alike."""

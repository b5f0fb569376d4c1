"""Workspace: what files there are, and what they say (discovery, arena, snapshots, watching, overlays)."""

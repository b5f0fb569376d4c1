"""Report: what a run found, as tables in Markdown and as a folder of pages."""

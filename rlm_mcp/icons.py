"""The server's icon, as the data URI that travels with each listing."""

from mcp.types import Icon

_SVG = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24' fill='none' stroke='%2308c' "
    "stroke-width='2'><path d='M3 3h18v18H3zM7 7h10v10H7z'/><path d='M11 11h2v2h-2z'/></svg>"
)
ICONS = [Icon(src=f"data:image/svg+xml,{_SVG}", mime_type="image/svg+xml", sizes=["any"])]

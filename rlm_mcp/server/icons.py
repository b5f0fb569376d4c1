"""Icon of the server, as the data URI that travels with each listing."""

from urllib.parse import quote

from mcp.types import Icon

_SVG = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0,0,9,9'><path d='M1,1h7v7H1zM3,3v3h3V3z'/></svg>"
_SAFE = "/:=',"
ICONS = [Icon(src=f"data:image/svg+xml,{quote(_SVG, safe=_SAFE)}")]

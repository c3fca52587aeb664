"""The REST API of a node, its description, and what monitoring asks; the only room that knows aiohttp."""

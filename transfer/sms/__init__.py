"""Text messages through a gateway; with web, which serves, and files, which fetch, imports aiohttp."""

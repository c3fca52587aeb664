"""The demo: three nodes as processes of their own, and the story of one case between them."""

"""One module per step; the number in its name is its place."""

"""The duties that a node does by itself, each one module, all run by one loop."""

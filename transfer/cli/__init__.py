"""The command line: one module per noun; ``main`` puts them together and turns errors into exit codes."""

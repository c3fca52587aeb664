"""What a caseworker can do: one function per button, each from case and command to decision."""

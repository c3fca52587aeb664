"""What regions say to each other: one frozen model per message type, the envelope and the codes."""

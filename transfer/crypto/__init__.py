"""Who is on the exchange and how they are known."""
